"""Uses of privileged IDs: asked, witnessed, opened, watched, ended, recorded."""

from iam.privilege.using.beginning import ask, join, start_emergency, withdraw
from iam.privilege.using.ending import end
from iam.privilege.using.records import approve_afterwards, confirm_record, seen_in, write_record
from iam.privilege.using.staying import leave, opens_now, present, reveal
from iam.privilege.using.sweeping import Swept, sweep
from iam.privilege.using.uses import (
    HAPPENED,
    UNDER_WAY,
    UNDONE,
    Acting,
    End,
    Event,
    ProofNeeded,
    Use,
    UseState,
    Wish,
    timeline,
    use,
    uses,
    uses_in_a_row,
)

__all__ = [
    "HAPPENED",
    "UNDER_WAY",
    "UNDONE",
    "Acting",
    "End",
    "Event",
    "ProofNeeded",
    "Swept",
    "Use",
    "UseState",
    "Wish",
    "approve_afterwards",
    "ask",
    "confirm_record",
    "end",
    "join",
    "leave",
    "opens_now",
    "present",
    "reveal",
    "seen_in",
    "start_emergency",
    "sweep",
    "timeline",
    "use",
    "uses",
    "uses_in_a_row",
    "withdraw",
    "write_record",
]
