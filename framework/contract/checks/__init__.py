"""The checks, a folder for each kind of primitive."""
