"""What came back, looked at: whether the file is the one that went out, and what was written into it."""
