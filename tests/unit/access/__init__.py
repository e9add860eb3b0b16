"""Who should have what."""
