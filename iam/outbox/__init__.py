"""The outbox: letters that wait to be sent, and notices that wait to be read.

The one law: *a letter is written in the act that gives rise to it*, so neither
can stand without the other; it never carries a secret (ASVS 6.4.1, R49), only
what happened and where to look.
"""

from iam.outbox.letters import Claimed, Outcome, Undelivered, claim, postpone, settle, tell, undelivered, write
from iam.outbox.notices import Notice, notice, seen, unseen
from iam.outbox.topics import Topic, Value

__all__ = [
    "Claimed",
    "Notice",
    "Outcome",
    "Topic",
    "Undelivered",
    "Value",
    "claim",
    "notice",
    "postpone",
    "seen",
    "settle",
    "tell",
    "undelivered",
    "unseen",
    "write",
]
