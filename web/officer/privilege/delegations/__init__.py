"""Delegations: nominating a delegate, approving, what became of each."""
