"""Roles: who holds which today and why, and deputies for a time."""
