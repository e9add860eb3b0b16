"""Factors, without I/O."""
