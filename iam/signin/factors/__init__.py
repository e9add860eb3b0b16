"""Factors: what a person has enrolled besides a password, each kind in its own room."""
