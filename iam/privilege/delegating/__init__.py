"""Delegations (特権代行): nominated, approved, noticed; and what voids them."""
