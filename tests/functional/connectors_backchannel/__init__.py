"""Signing in, on real databases."""
