"""Privileged IDs over real databases."""
