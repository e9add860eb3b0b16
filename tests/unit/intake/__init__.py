"""What readings change in the ledger."""
