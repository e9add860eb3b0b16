"""Passwords over real databases, hashes and lists."""
