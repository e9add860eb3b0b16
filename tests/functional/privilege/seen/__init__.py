"""Sightings, findings and scans, on real databases."""
