"""The project: settings, addresses, headers and the two ways in (commands and WSGI)."""
