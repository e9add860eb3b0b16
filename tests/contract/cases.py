"""What a connector brings to the contract suites: its port, holding what a test asks for.

A case is made fresh for each test.  To plug a connector in, write its case and
name it in `tests/contract/conftest.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from iam.ports import Order, Source, Target

Person = Mapping[str, str]
"""One row under our field names: staff_number, name, category, org_code, valid_from."""


class SourceCase(Protocol):
    """One personnel directory.  `holding` may be called again: it then holds the new people instead."""

    def holding(self, people: Sequence[Person]) -> Source:
        """The source, holding exactly these people in this order."""

    def holding_unreadable(self, people: Sequence[Person], staff_number: str) -> Source:
        """The source, holding these and one more row, of `staff_number`, that cannot be read."""

    def cut_off(self, people: Sequence[Person]) -> Source:
        """The source, holding these, whose reading starts and cannot be proved complete."""

    def away(self) -> Source:
        """The source, not there at all."""


class TargetCase(Protocol):
    """One system that holds no accounts yet, and the entitlements "mail" and "files", held by nobody."""

    optional: str
    """An attribute that an account may do without."""

    secrets: tuple[str, str]
    """Two secrets that the target takes."""

    poor: str
    """A secret that the target's own rules refuse."""

    def target(self) -> Target:
        """The target."""

    def away(self) -> Target:
        """The same target, not answering any more."""

    def attributes(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """A full set of attributes for a person of this name, `optional` among them."""

    def refused(self, number: int) -> Order:
        """A CREATE that this target refuses."""

    def meddle(self, native_id: str) -> None:
        """Change the optional attribute of an account behind our back."""
