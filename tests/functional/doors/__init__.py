"""Doors for systems: each with the real party of its protocol where there is one."""
