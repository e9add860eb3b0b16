"""Uses of privileged IDs as officers watch over them: open now, one by one, by day and by month."""
