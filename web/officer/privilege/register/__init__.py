"""The register of privileged IDs: what there is, and asking for a row, a change, its end, another secret."""
