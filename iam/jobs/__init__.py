"""What runs nightly and periodically, as plain functions that are safe to run twice."""
