"""Practice: servers and an invented body that the demo, the tests and the benchmarks share."""
