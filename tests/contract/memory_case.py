"""The target in memory in the contract suite: what tests believe of it holds of real ones too."""

from collections.abc import Mapping
from pathlib import Path

from iam.ports import Order, OrderKind
from tests.conftest import StartSlapd
from tests.memory import MemoryTarget


class MemoryCase:
    """`MemoryTarget`, which refuses what it is told to."""

    optional = "mail"
    secrets = ("Long-enough-1", "Long-enough-2 (日本)")
    poor = "Too-short-1"

    def __init__(self, _: StartSlapd, __: Path) -> None:
        groups: dict[str, set[str]] = {"mail": set(), "files": set()}
        self._target = MemoryTarget("lan", groups=groups, refuse={"refused"}, lacking={"nowhere"})
        self._target.acceptable = lambda secret: len(secret) > len(self.poor)

    def target(self) -> MemoryTarget:
        return self._target

    def away(self) -> MemoryTarget:
        self._target.away = True
        return self._target

    def attributes(self, name: str) -> Mapping[str, tuple[str, ...]]:
        return {"cn": (name,), "sn": (name,), "displayName": (name,), "mail": ("a@city.example.jp",)}

    def refused(self, number: int) -> Order:
        return Order(number, OrderKind.CREATE, "refused", link="999", attributes=self.attributes("山田"))

    def meddle(self, native_id: str) -> None:
        self._target.touch(native_id.removeprefix("uid="), mail="meddled@city.example.jp")
