"""Visits: what holds at the own host of a protected application, from the ticket that opens it to its end."""
