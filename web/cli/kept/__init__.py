"""`iam account …` about IDs that are nobody's own."""
