"""A body's policy as data: zones, staff categories, role titles, numbers, each with the clause behind it."""
