"""From what a source says to what the ledger learns: rows, staging, revision, taking in."""
