"""The Windows security log, as CSV and as EVTX."""
