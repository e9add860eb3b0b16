"""The command `iam` as operators, officers and scripts use it."""
