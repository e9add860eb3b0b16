"""Delegations, the register and exceptions, on real databases."""
