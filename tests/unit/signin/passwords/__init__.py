"""Passwords, without I/O."""
