"""What `refresh.py` is made of: one file per source, one per kind of output."""
