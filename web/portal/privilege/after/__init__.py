"""After a use: its record, who confirms it, and its whole course."""
