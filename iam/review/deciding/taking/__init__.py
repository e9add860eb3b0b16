"""Taking answers in: what is refused, how they are written, and who is asked instead."""
