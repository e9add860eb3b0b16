"""The register of IDs that are nobody's own: shared, service, development, test and contractors' IDs."""
