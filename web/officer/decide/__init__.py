"""Why somebody may or may not come into a system: what would be, and what was."""
