"""Exports of targets' own logs: Windows security log, Linux auth log and journal, slapd's log."""
