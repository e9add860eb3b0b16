"""The register of kept IDs as sheets that a body keeps: taken in, and written out."""
