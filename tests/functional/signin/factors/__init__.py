"""Factors, on real databases."""
