"""Cases that two officers decide together: what waits, one case, and the decision."""
