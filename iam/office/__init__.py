"""Who holds which office today, and what two officers decide together."""
