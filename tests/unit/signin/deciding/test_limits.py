"""How long an answer holds, what a step up must end with, which permission is taken, and what a waiver does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from iam.access.places.networks import Origin, Place
from iam.policy.loading import load
from iam.signin.deciding.decision import Asked, Needs, decide
from iam.signin.deciding.rules.place import best
from iam.signin.deciding.setting import Setting, own_clauses
from iam.signin.kinds import Method
from tests.unit.signin.deciding.given import AT, DAY, TODAY, held, permission, question, terminal

BOTH = (Method.PASSWORD, Method.TOTP)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
MIDNIGHT = datetime(2026, 4, 6, 15, tzinfo=UTC)
NOW = held(*BOTH, zone="std", signed_in_at=AT, proved_at=AT, seen_at=AT)
PATIENT = replace(question().signin, idle=20 * HOUR, overall=20 * HOUR)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ({"held": None}, MIDNIGHT),
        ({"held": NOW, "signin": PATIENT}, MIDNIGHT),
        ({"held": NOW}, AT + 30 * MINUTE),
        ({"held": replace(NOW, idle=5 * MINUTE)}, AT + 5 * MINUTE),
        ({"held": replace(NOW, idle=45 * MINUTE)}, AT + 30 * MINUTE),
        ({"held": NOW, "signin": replace(PATIENT, overall=2 * HOUR)}, AT + 2 * HOUR),
        ({"held": replace(NOW, ends_at=AT + 7 * MINUTE)}, AT + 7 * MINUTE),
        ({"held": NOW, "asked": Asked(max_age=3 * MINUTE)}, AT + 3 * MINUTE),
        ({"held": replace(NOW, seen_at=AT - HOUR)}, AT + 10 * HOUR),
    ],
)  # fmt: skip
def test_an_answer_holds_until_time_alone_could_change_it(said: dict[str, Any], until: datetime) -> None:
    assert decide(question(**said)).until == until


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        ({"held": None}, Needs(2)),
        ({"held": replace(NOW, seen_at=AT - HOUR)}, Needs(2, max_age=30 * MINUTE)),
        ({"held": replace(NOW, proved_at=AT - 11 * HOUR)}, Needs(2, max_age=10 * HOUR)),
        ({"held": None, "asked": Asked(max_age=HOUR, resistant=True)}, Needs(2, resistant=True, max_age=HOUR)),
        ({"held": replace(NOW, seen_at=AT - HOUR, proved_at=AT - HOUR), "asked": Asked(max_age=MINUTE)},
         Needs(2, max_age=MINUTE)),
        ({}, Needs()),
        ({"standing": "left", "held": None}, Needs()),
    ],
)  # fmt: skip
def test_a_step_up_says_what_it_must_end_with(said: dict[str, Any], needs: Needs) -> None:
    assert decide(question(**said)).needs == needs


def test_a_permission_that_is_good_with_this_terminal_comes_before_a_wider_one() -> None:
    other, any_ = permission(id=1, public=True, terminal_id=2), permission(id=2)
    for several in ([other, any_], [any_, other]):
        taken = best(several, terminal("std"))
        assert taken == any_
        outside = Place("203.0.113.5", Origin.OUTSIDE, "std", "在宅")
        assert decide(question(place=outside, permission=taken)).allowed


def test_of_each_body_its_own_clauses_are_cited() -> None:
    oita, aso, baseline = (own_clauses(load(name)) for name in ("oita", "aso", "baseline"))
    assert (oita["lost"], oita["elsewhere"], oita["limits"]) == ("OITA-S6.4.1", "OITA-S8.1.19.2", "OITA-S8.2.4")
    assert (aso["lost"], aso["right"], aso["place"]) == ("ASO-K6.3", "ASO-K6.5", "baseline")
    assert set(baseline.values()) == {"baseline"}


def test_a_waiver_is_told_while_it_lives_and_gone_the_day_after(tmp_path: Path) -> None:
    file = tmp_path / "waived.toml"
    rule = 'second_factor = { value = false, waiver = "移行中", waiver_until = 2026-04-06, clause = "OITA-S6.4.2" }'
    file.write_text(f'extends = "oita"\n[signin.general]\n{rule}\n', encoding="utf-8")
    profile, setting = load(file), Setting()

    def told(zone: str, on: date) -> tuple[bool, str]:
        rules, waiver = setting.signin(profile, zone, (), privileged=False, on=on)
        return rules.second_factor, waiver

    assert told("std", TODAY) == (False, "移行中、2026-04-06まで")
    assert told("std", TODAY + DAY) == (True, "")
    assert told("mnu", TODAY) == (True, ""), "a zone that asks for two kinds goes on asking"

    rules, waiver = setting.signin(profile, "std", (), privileged=False, on=TODAY)
    answer = decide(question(signin=rules, waiver=waiver, held=held(Method.PASSWORD, zone="std")))
    assert answer.allowed
    assert ["移行中、2026-04-06まで" in each.sentence for each in answer.reasons if each.code == "waiver"] == [True]


def test_whoever_is_let_in_is_told_the_limits_of_the_system() -> None:
    found = decide(question(signin=replace(PATIENT, idle=7 * MINUTE)))
    assert (found.idle, found.overall) == (7 * MINUTE, 20 * HOUR)


@pytest.mark.parametrize(
    ("came", "overall", "stay"),
    [
        (AT, 10 * HOUR, 10 * HOUR),
        (AT, 20 * HOUR, MIDNIGHT - AT),
        (MIDNIGHT - 5 * MINUTE, 10 * HOUR, 5 * MINUTE),
        (MIDNIGHT - MINUTE, MINUTE, MINUTE),
        (MIDNIGHT, 10 * HOUR, 10 * HOUR),
    ],
)  # fmt: skip
def test_nobody_stays_at_a_device_past_the_day_and_none_goes_for_an_idle_limit(
    came: datetime, overall: timedelta, stay: timedelta
) -> None:
    rules = replace(PATIENT, idle=7 * MINUTE, overall=overall)
    now = replace(NOW, signed_in_at=came, proved_at=came, seen_at=came, ends_at=came + overall)
    found = decide(question(at=came, signin=rules, held=now))
    assert found.stay(came) == stay
    assert found.stay(came + 40 * HOUR) == timedelta(), "an answer of yesterday lets nobody stay"
