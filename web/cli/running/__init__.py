"""Commands that stay up until they are told to stop."""
