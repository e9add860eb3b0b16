"""The rules of a decision, each from a question to reasons: the right, the place, the terminal, the proofs."""
