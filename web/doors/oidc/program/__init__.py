"""What systems ask by themselves: for tokens, about tokens, who somebody is, and what we can do."""
