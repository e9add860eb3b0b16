"""What cannot wait for the night: errands on one account each, and the run for one person."""
