"""Privileged IDs: who may use one, each use of one, the secrets that must exist, and what was seen of them."""
