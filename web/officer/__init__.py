"""Pages for officers: people, cases for two, tokens, plans, progress."""
