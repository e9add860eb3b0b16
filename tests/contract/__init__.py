"""Contract tests: one suite per port, run over every connector."""
