"""The command `iam`: one file for each subject an operator asks about."""
