"""Figures: each module of this package measures one subject and knows its goals. `python -m bench` prints them."""
