"""Sample articles with a sample history: data files, and what turns them into a library. Not for patients."""
