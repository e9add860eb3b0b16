"""`iam privilege`: privileged IDs at the console."""
