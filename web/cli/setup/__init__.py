"""Making a deployment: sample files, keys, database."""
