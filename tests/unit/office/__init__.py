"""Roles and cases without a database."""
