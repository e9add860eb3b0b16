"""The audit: a chain that grows, what proves it inside, and what proves it outside.

From below: `chain` (the tables, appending), `checkpoint` (signed and sent out),
`verify` (inside, with the database and the keys), `export` (outside, with a
file and the public keys).
"""
