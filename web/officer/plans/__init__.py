"""Held plans: what is held and why, everything that releasing would do, and two signatures."""
