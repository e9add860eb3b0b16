"""Sheets that go out to a reviewer and come back: what stands on them, and what becomes of what was written there."""
