"""What a sign-in is, held against the uses: every combination that a log can show."""

from datetime import UTC, datetime, timedelta

import pytest

from iam.ports import Sighted, Sighting
from iam.privilege.default_names import is_default_name
from iam.privilege.seen.matching import NEAR, SLACK, Known, Span, Verdict, verdict

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
IDS = [
    Known(1, "adm01", member=False, since=NOON - timedelta(days=30)),
    Known(2, "", member=True, since=NOON - timedelta(days=30)),
    Known(3, "old", member=False, since=NOON - timedelta(days=30), until=NOON - timedelta(days=1)),
]
USES = [
    Span(11, 1, 101, "adm01", NOON, NOON + 60 * MINUTE, "10.1.2.3"),
    Span(12, 2, 102, "tanaka", NOON, NOON + 60 * MINUTE, "10.1.2.4"),
]


def seen(login: str, what: Sighted, after: timedelta, address: str = "") -> Sighting:
    return Sighting("auth.log 1行目", "ap01", login, NOON + after, what, address, b"")


IN, FAIL, UP, OUT = Sighted.SIGNED_IN, Sighted.FAILED, Sighted.RAISED, Sighted.ENDED


@pytest.mark.parametrize(
    ("login", "what", "minutes", "address", "found", "use"),
    [
        ("adm01", IN, 5, "10.1.2.3", Verdict.OK, 11),
        ("adm01", IN, 5, "", Verdict.OK, 11),
        ("MINATO\\ＡＤＭ01", IN, 5, "10.1.2.3", Verdict.OK, 11),
        ("adm01@minato.local", UP, 5, "", Verdict.OK, 11),
        ("adm01", IN, 5, "10.9.9.9", Verdict.OTHER_ADDRESS, 11),
        ("adm01", FAIL, 5, "10.9.9.9", Verdict.OTHER_ADDRESS, 11),
        ("adm01", FAIL, 5, "10.1.2.3", Verdict.OK, 11),
        ("adm01", IN, -2, "10.1.2.3", Verdict.OK, 11),
        ("adm01", IN, 62, "10.1.2.3", Verdict.OK, 11),
        ("adm01", IN, -3, "10.1.2.3", Verdict.OUTSIDE_WINDOW, 11),
        ("adm01", IN, 63, "10.1.2.3", Verdict.OUTSIDE_WINDOW, 11),
        ("adm01", OUT, 63, "", Verdict.OUTSIDE_WINDOW, 11),
        ("adm01", OUT, -63, "", Verdict.ORDINARY, None),
        ("adm01", FAIL, 63, "10.1.2.3", Verdict.FAILED, None),
        ("adm01", IN, 60 * 13 + 1, "10.1.2.3", Verdict.NO_USE, None),
        ("adm01", IN, -60 * 24 * 31, "10.1.2.3", Verdict.EARLIER, None),
        ("tanaka", UP, 5, "", Verdict.OK, 12),
        ("tanaka", UP, 90, "", Verdict.OUTSIDE_WINDOW, 12),
        ("tanaka", IN, 90, "10.9.9.9", Verdict.ORDINARY, None),
        ("suzuki", UP, 5, "", Verdict.NOT_THE_USER, 12),
        ("suzuki", UP, 90, "", Verdict.NO_USE, None),
        ("suzuki", FAIL, 90, "", Verdict.ORDINARY, None),
        ("root", IN, 5, "", Verdict.UNKNOWN_PRIVILEGED, None),
        ("old", IN, 5, "", Verdict.UNKNOWN_PRIVILEGED, None),
    ],
)
def test_a_sign_in_is_in_order_only_while_its_use_explains_it(
    login: str, what: Sighted, minutes: int, *, address: str, found: Verdict, use: int | None
) -> None:
    judged = verdict(seen(login, what, minutes * MINUTE, address), USES, IDS)
    assert (judged.verdict, judged.use_id) == (found, use)


def test_the_slack_ends_to_the_microsecond_and_a_use_is_near_for_twelve_hours() -> None:
    tick, end = timedelta(microseconds=1), 60 * MINUTE
    for after, expected in (
        (-SLACK, Verdict.OK), (-SLACK - tick, Verdict.OUTSIDE_WINDOW), (end + SLACK, Verdict.OK),
        (end + SLACK + tick, Verdict.OUTSIDE_WINDOW), (end + NEAR, Verdict.OUTSIDE_WINDOW),
        (end + NEAR + tick, Verdict.NO_USE),
    ):  # fmt: skip
        assert verdict(seen("adm01", IN, after), USES, IDS).verdict is expected, after


def test_of_two_uses_at_once_the_one_that_fits_explains_it() -> None:
    other = Span(13, 1, 103, "adm01", NOON, NOON + 60 * MINUTE, "10.9.9.9")
    judged = verdict(seen("adm01", IN, 5 * MINUTE, "10.9.9.9"), [*USES, other], IDS)
    assert (judged.verdict, judged.use_id) == (Verdict.OK, 13)


@pytest.mark.parametrize("name", ["Administrator", "ROOT", "ｓａ", "admin01", "test-1"])
def test_a_name_that_a_product_brings_with_it_is_known_in_any_case_and_width(name: str) -> None:
    assert is_default_name(name)


@pytest.mark.parametrize("name", ["tanaka", "administration-dept", "salmon", "adm01", ""])
def test_other_names_are_not_taken_for_one(name: str) -> None:
    assert not is_default_name(name)
