"""What confirming a case does, for the kinds of which only floors above the desk know.

The one law: *done in the act of the confirmation*: each effect judges once more what was asked for and raises where it
could no longer be.
"""

from typing import Final

from iam.office.cases import Case, CaseKind
from iam.office.changes import permits, proposing, waivers
from iam.privilege import register
from iam.record.act import Act
from iam.signin.desk.issuing import Effects
from iam.signin.door import Door


def _waiver(act: Act, door: Door, case: Case) -> None:
    waivers.take_effect(act, door.offices, case, systems=door.model.systems)


def _configuration(act: Act, door: Door, case: Case) -> None:
    proposing.take_effect(act, door.offices, door.keys, case)


def _keys(act: Act, door: Door, case: Case) -> None:
    permits.take_effect(act, door.offices, door.keys, case)


EFFECTS: Final[Effects] = {
    CaseKind.PRIVILEGED_ID: register.take_effect,
    CaseKind.WAIVER: _waiver,
    CaseKind.CONFIGURATION: _configuration,
    CaseKind.KEYS: _keys,
}
"""By the kind of the case."""
