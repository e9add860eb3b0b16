"""Doors for systems: each speaks one protocol, and asks the one decision."""
