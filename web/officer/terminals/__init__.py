"""The register of terminals, as officers keep it."""
