"""What a body asks of whoever comes in: of signing in, and of coming into a system."""
