"""Roles, deputies and cases over real databases."""
