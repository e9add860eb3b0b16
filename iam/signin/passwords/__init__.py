"""Passwords: how they are judged, kept and replaced."""
