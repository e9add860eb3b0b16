"""Signing in, without I/O."""
