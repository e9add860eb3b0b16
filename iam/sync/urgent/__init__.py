"""What cannot wait for the night: errands on one account each, and the run for one person."""

from iam.sync.urgent.carrying import Carrier, Secrets
from iam.sync.urgent.errands import Errand, ErrandKind, Mode, Outcome, StoredErrand, errands, put, undone
from iam.sync.urgent.lanes import Lanes, carry_out
from iam.sync.urgent.settling import Settled

__all__ = [
    "Carrier",
    "Errand",
    "ErrandKind",
    "Lanes",
    "Mode",
    "Outcome",
    "Secrets",
    "Settled",
    "StoredErrand",
    "carry_out",
    "errands",
    "put",
    "undone",
]
