"""Privileged IDs for officers: the register, who may use them, what is open now, and what became of each use."""
