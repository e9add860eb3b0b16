"""The personnel file: what is decided about it without touching a file."""
