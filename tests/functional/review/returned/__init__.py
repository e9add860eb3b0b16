"""Sheets that go out to reviewers, are filled in as people fill them in, and come back."""
