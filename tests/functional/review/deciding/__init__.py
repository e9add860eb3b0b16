"""Deciding in reviews, on real databases."""
