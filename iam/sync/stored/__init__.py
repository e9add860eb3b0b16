"""Plans as rows: stored as shown, released by two, vouched for by rehearsals."""
