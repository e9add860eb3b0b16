"""The register of kept IDs over real databases."""
