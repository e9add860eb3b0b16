"""The register of kept IDs, for officers."""
