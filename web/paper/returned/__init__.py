"""Sheets that are filled in and come back."""
