"""What browsers are sent to: asking to be let into a system, and leaving."""
