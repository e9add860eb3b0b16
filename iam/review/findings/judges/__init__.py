"""What judges lines: each function looks at one line, and yields the kinds that it finds with their evidence."""
