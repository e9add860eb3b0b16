"""Letters and notices, over both databases."""
