"""Pages for staff: signing in, factors, passwords, what one holds and why."""
