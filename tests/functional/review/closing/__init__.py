"""Reviews that are signed, carried out and read back."""
