"""What targets really hold: the mirror of what was read, what was written, and how it is sorted."""
