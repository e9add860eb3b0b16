"""The policy floor's decisions, on profiles written in the test."""
