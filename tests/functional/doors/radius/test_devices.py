"""Devices that come in by their MAC (自動識別): the register answers, and the VLAN of their zone."""

from typing import Any, Final

import pytest

from tests.functional.doors.devices.served import DESK, PASSWORD, Hall
from tests.functional.doors.radius.freeradius import Radius, Reply

CALL_CHECK: Final = {"Service_Type": "Call-Check"}
PRINTER: Final = "02-00-5e-10-01-01"
LOST: Final = "02-00-5e-20-00-03"
STRANGE: Final = "02-00-5e-99-99-99"

ANSWERS: Final[list[tuple[str, str, str, dict[str, Any], Reply]]] = [
    ("as Call-Check", PRINTER, "", CALL_CHECK, Reply("accept", vlan="110")),
    ("as Cisco spells it", "0200.5e10.0101", "", CALL_CHECK, Reply("accept", vlan="110")),
    ("of another zone", DESK["mac"], "x", CALL_CHECK, Reply("accept", vlan="120")),
    (
        "as its own password", "02005e100101", "02005E100101", {"Calling_Station_Id": PRINTER},
        Reply("accept", vlan="110"),
    ),
    (
        "that was lost", LOST, "", CALL_CHECK,
        Reply("reject", "「紛失」の機器です。端末の管理担当に連絡してください。"),
    ),
    (
        "that nobody registered", STRANGE, "", CALL_CHECK,
        Reply("reject", "登録されていない機器です。端末の管理担当に登録を依頼してください。"),
    ),
    (
        "seen on another device", PRINTER, "", {**CALL_CHECK, "Calling_Station_Id": STRANGE},
        Reply("reject", "機器のMACアドレスを確認できません。"),
    ),
    (
        "typed by a person", PRINTER, PRINTER, {},
        Reply("reject", "機器のMACアドレスを確認できません。"),
    ),
    (
        "of nothing", "not a MAC", "", CALL_CHECK,
        Reply("reject", "機器のMACアドレスを確認できません。"),
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "password", "attributes", "answer"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS]
)
def test_the_register_answers_for_a_device(
    radius: Radius, name: str, password: str, attributes: dict[str, Any], answer: Reply
) -> None:
    assert radius.ask(name, password, device="switch-1", attributes=attributes) == answer


def test_a_number_beside_call_check_is_nobody(hall: Hall, radius: Radius) -> None:
    yamada = hall.somebody("yamada")
    told = radius.ask(yamada.number, PASSWORD, device="switch-1", attributes=CALL_CHECK)
    assert told == Reply("reject", "機器のMACアドレスを確認できません。")


def test_each_answer_is_remembered(hall: Hall, radius: Radius) -> None:
    hall.city.clock.forward(minutes=20)
    since = hall.city.clock.at
    for name in (PRINTER, PRINTER, LOST, STRANGE):
        radius.ask(name, device="switch-1", attributes=CALL_CHECK)
    rows = [each for each in hall.decisions(door="radius", person_id=None) if each["first_at"] >= since]
    decided = {each["address"]: each for each in rows}
    assert decided["02:00:5e:10:01:01"]["outcome"] == "allow"
    assert decided["02:00:5e:20:00:03"]["outcome"] == "deny"
    assert decided["02:00:5e:20:00:03"]["reasons"][0][0] == "terminal-lost"
    assert len(decided) == len(rows) == 2
    assert any("02:00:5e:99:99:99 unregistered" in each for each in hall.audited("device.refused"))
