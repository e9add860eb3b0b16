"""What is kept and how it is proved: the store, the act, the audit chain, the keys."""
