"""The nightly sync as an operator runs, reads and releases it."""
