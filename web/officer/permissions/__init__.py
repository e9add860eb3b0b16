"""Permissions to come in from outside the office."""
