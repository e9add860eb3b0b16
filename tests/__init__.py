"""The tests: unit (no I/O), contract (one suite per port), functional (real servers, no mocks)."""
