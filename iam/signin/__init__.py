"""Signing in: what a person proves, in which steps, and for how long it holds."""
