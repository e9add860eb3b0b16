"""Logs of Linux say the same sign-ins in whatever shape they come."""

import json
import re
from datetime import UTC, datetime, timedelta
from time import process_time

import pytest

from connectors.sightings.reading import NO_SIGN_IN
from iam.ports import Sighting
from tests.unit.connectors_sightings.logs import SLAPD, SSHD, SSHD_SAYS, faults, reading, said

_HEAD = re.compile(r"Nov 21 (\S+) (\S+) ([\w-]+)(?:\[(\d+)\])?: (.*)")


def _as_iso(line: str) -> str:
    time, host, program, pid, message = _HEAD.fullmatch(line).groups()  # type: ignore[union-attr]
    return f"2026-11-21T{time}.123456+09:00 {host}.minato.local {program}{f'[{pid}]' if pid else ''}: {message}"


def _as_5424(line: str) -> str:
    time, host, program, pid, message = _HEAD.fullmatch(line).groups()  # type: ignore[union-attr]
    return f'<86>1 2026-11-21T{time}.123456+09:00 {host} {program} {pid or "-"} - [a@1 b="c"][d@1] {message}'


def _as_journal(line: str) -> str:
    time, host, program, pid, message = _HEAD.fullmatch(line).groups()  # type: ignore[union-attr]
    at = datetime.fromisoformat(f"2026-11-21T{time}+09:00") + timedelta(microseconds=7)
    stamp = str(round(at.timestamp() * 1_000_000))
    entry = {"__REALTIME_TIMESTAMP": stamp, "_HOSTNAME": host, "SYSLOG_IDENTIFIER": program, "MESSAGE": message}
    return json.dumps(entry | ({"_PID": pid} if pid else {}))


def test_each_sign_in_is_told_with_its_line_account_and_address_and_the_rest_is_counted() -> None:
    source = reading(SSHD, "auth.log")
    rows = list(source.read())
    assert said(rows) == SSHD_SAYS
    assert not faults(rows)
    assert source.passed_over == {NO_SIGN_IN: SSHD.count("\n") - len(SSHD_SAYS)}
    assert isinstance(rows[0], Sighting)
    assert (rows[0].at, rows[0].host) == (datetime(2026, 11, 21, 11, 0, 15, tzinfo=UTC), "ap01")


@pytest.mark.parametrize("shaped", [_as_iso, _as_5424, _as_journal], ids=["ISO", "RFC5424", "journal"])
def test_the_same_line_in_another_shape_is_the_same_sighting(shaped: object) -> None:
    other = "\n".join(shaped(line) for line in SSHD.splitlines() if _HEAD.fullmatch(line))  # type: ignore[operator]
    plain = [each for each in reading(SSHD, "auth.log").read() if isinstance(each, Sighting)]
    found = [each for each in reading(other, "other.log").read() if isinstance(each, Sighting)]
    assert [each.fingerprint for each in found] == [each.fingerprint for each in plain]
    assert len({each.fingerprint for each in found}) == len(found)


def test_a_bind_counts_when_its_result_is_told_and_under_the_name_of_its_first_rdn() -> None:
    rows = list(reading(SLAPD, "slapd.log").read())
    assert said(rows) == [(7, "signed_in", "admin", "10.1.2.3"), (8, "failed", "山田 , x", "2001:db8::9")]


@pytest.mark.parametrize(
    ("line", "year", "day"),
    [
        ("Nov 21 09:00:00 a su: (to root) b on c", None, "2026-11-21"),
        ("Nov 23 09:00:00 a su: (to root) b on c", None, "2026-11-23"),
        ("Dec 31 09:00:00 a su: (to root) b on c", None, "2025-12-31"),
        ("Nov  1 09:00:00 a su: (to root) b on c", 2024, "2024-11-01"),
    ],
)
def test_a_year_that_the_log_does_not_say_is_worked_out_from_when_it_was_written(
    line: str, year: int | None, day: str
) -> None:
    found = next(iter(reading(line + "\n", "auth.log", year=year).read()))
    assert isinstance(found, Sighting)
    assert found.at.date().isoformat() == day


def test_a_log_that_crosses_the_new_year_crosses_it() -> None:
    log = "Dec 31 23:59:59 a su: (to root) b on c\nJan  1 00:00:01 a su: (to root) b on c\n"
    found = [each.at.year for each in reading(log, year=2025).read() if isinstance(each, Sighting)]
    assert found == [2025, 2026]


def test_what_cannot_be_read_is_told_with_its_line_and_the_lines_around_it_are_read() -> None:
    good = "Nov 21 09:00:00 a su: (to root) b on c"
    bad = [
        (b"Nov 31 09:00:00 a su: (to root) b on c", "日付として"),
        (b"-- Journal begins at Mon --", "日時とホスト名"),
        (b"Nov 21 09:00:01 a su: (to r\xff\xfe) b on c", "読めないバイト"),
        (b"Nov 21 09:00:02 a su: (to r\0oot) b on c", "NUL"),
        (b"x" * 70_000, "文字を超えて"),
    ]
    held = b"\n".join([good.encode(), *(line for line, _ in bad), good.replace(":00 a", ":09 a").encode(), b""])
    rows = list(reading(held, "auth.log").read())
    assert [line for line, *_ in said(rows)] == [1, len(bad) + 2]
    assert [place for place, _ in faults(rows)] == [f"auth.log {number}行目" for number in range(2, len(bad) + 2)]
    assert all(word in reason for (_, word), (_, reason) in zip(bad, faults(rows), strict=True))


@pytest.mark.parametrize(
    "line",
    [
        '{"__REALTIME_TIMESTAMP":"x","MESSAGE":"a"}', '{"__REALTIME_TIMESTAMP":"1' + "0" * 400 + '","MESSAGE":"a"}',
        "[" * 60_000, "{", '{"MESSAGE":"a"}', '{"__REALTIME_TIMESTAMP":[1],"MESSAGE":"a"}', "null", "9" * 5_000,
    ],
)  # fmt: skip
def test_a_broken_entry_of_the_journal_is_told_and_breaks_nothing(line: str) -> None:
    good = _as_journal("Nov 21 09:00:00 a su: (to root) b on c")
    rows = list(reading(f"{good}\n{line}\n", "journal.json").read())
    assert (len(said(rows)), len(faults(rows))) == (1, 1)


def test_bytes_that_the_journal_gives_as_a_list_are_read_as_text() -> None:
    said_so = list("Accepted password for 田中 from 10.0.0.1 port 1 ssh2".encode())
    entry = {"__REALTIME_TIMESTAMP": "1795291272784759", "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": said_so}
    assert said(list(reading(json.dumps(entry), "journal.json").read())) == [(1, "signed_in", "田中", "10.0.0.1")]


@pytest.mark.parametrize(
    "said",
    [
        "sshd[1]: Failed password for " + "x from 1.1.1.1 port 22 " * 2_500,
        "sshd[1]: Connection closed by authenticating user " + "a 1.1.1.1 port 2 " * 3_500,
        "sudo: " + " : " * 20_000 + "COMMAND=",
        "login[1]: FAILED LOGIN (1) on " + " FOR '" * 9_000,
        'slapd[1]: conn=1 op=1 BIND dn="' + '" method=' * 7_000,
        "sshd[1]: message repeated 2 times: [" + "]" * 60_000 + "x",
    ],
    ids=["from", "gave up", "sudo", "console", "slapd", "repeated"],
)
def test_a_line_that_somebody_made_long_on_purpose_takes_no_longer_to_read(said: str) -> None:
    before = process_time()
    list(reading(f"Nov 21 09:00:00 a {said}\n" * 10, "auth.log").read())
    assert process_time() - before < 1
