"""Exports of targets' own logs: Windows security log, Linux auth log and journal, slapd's log."""

from connectors.sightings.content import LARGEST, Content
from connectors.sightings.opening import Format, open_log

__all__ = ["LARGEST", "Content", "Format", "open_log"]
