"""Rights that staff gave back, and giving them back to their holders."""
