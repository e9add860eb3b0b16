"""The security log of Windows says the same sign-ins as CSV, in either language and any encoding, and as EVTX."""

from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from connectors.sightings.reading import MACHINES, NO_SIGN_IN, SERVICES
from connectors.sightings.windows.csv_file import said_by
from connectors.sightings.windows.times import instant_of
from iam.errors import SourceError
from iam.ports import Sighting
from iam.record.columns import JST
from tests.eventlog import LoggedEvent, event_file
from tests.unit.connectors_sightings.logs import FAILURE_EN, SPECIAL_JA, faults, logon, reading, said, viewer

AT = datetime(2026, 11, 21, 0, 5, 12, tzinfo=UTC)
LOGON = {
    "SubjectUserName": "DC01$", "TargetUserSid": "S-1-5-21-7-500", "TargetUserName": "adm01",
    "TargetLogonId": "0xa1b2c", "LogonType": "10", "IpAddress": "10.1.2.3", "IpPort": "50001",
}  # fmt: skip
SPECIAL = {"SubjectUserName": "adm01", "SubjectUserSid": "S-1-5-21-7-500", "SubjectLogonId": "0xA1B2C"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp932", "utf-16", "utf-16-le"])
def test_the_event_viewers_csv_reads_in_every_encoding_that_windows_writes(encoding: str) -> None:
    csv = viewer(("2026/11/21 9:05:12", 4624, logon()), ("2026/11/21 9:05:12", 4672, SPECIAL_JA))
    rows = list(reading(csv.encode(encoding)).read())
    assert said(rows) == [(2, "signed_in", "adm01", "10.1.2.3"), (23, "raised", "adm01", "")]
    assert isinstance(rows[0], Sighting)
    assert rows[0].at == AT


def test_the_english_csv_and_export_csv_read_as_the_japanese_one() -> None:
    english = viewer(
        ("11/21/2026 9:05:12 AM", 4625, FAILURE_EN), heading="Keywords,Date and Time,Source,Event ID,Task Category"
    )
    exported = (
        "#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\n"
        '"Message","Id","ProviderName","MachineName","TimeCreated"\n'
        f'"{FAILURE_EN}","4625","Microsoft-Windows-Security-Auditing","DC01.minato.local","2026/11/21 9:05:12"\n'
    )
    for content, line in ((english, 2), (exported, 3)):
        rows = list(reading(content).read())
        assert said(rows) == [(line, "failed", "adm01", "10.1.2.9")]
    assert [each.fingerprint for each in rows] == [each.fingerprint for each in reading(english).read()]


def test_an_event_is_the_same_sighting_as_csv_and_as_evtx() -> None:
    csv = viewer(("2026/11/21 9:05:12", 4624, logon()), ("2026/11/21 9:05:12", 4672, SPECIAL_JA))
    events = [LoggedEvent(4624, AT + timedelta(microseconds=700), LOGON), LoggedEvent(4672, AT, SPECIAL)]
    found = list(reading(event_file(events), "Security.evtx").read())
    assert said(found) == [(1, "signed_in", "adm01", "10.1.2.3"), (2, "raised", "adm01", "")]
    assert [each.fingerprint for each in found] == [each.fingerprint for each in reading(csv).read()]


def test_machines_services_and_other_events_are_counted_and_not_judged() -> None:
    csv = viewer(
        ("2026/11/21 9:05:12", 4624, logon("DC01$")),
        ("2026/11/21 9:05:13", 4624, logon("SYSTEM", "S-1-5-18")),
        ("2026/11/21 9:05:14", 4624, logon("DWM-1", "S-1-5-90-0-1")),
        ("2026/11/21 9:05:15", 4688, "新しいプロセスが作成されました。"),
    )
    source = reading(csv)
    assert not list(source.read())
    assert source.passed_over == {MACHINES: 1, SERVICES: 2, NO_SIGN_IN: 1}


def test_a_service_that_runs_under_a_privileged_id_is_a_sign_in_of_it() -> None:
    for kind in ("0", "5"):
        found = reading(event_file([LoggedEvent(4624, AT, LOGON | {"LogonType": kind})]), "Security.evtx")
        assert said(list(found.read())) == [(1, "signed_in", "adm01", "10.1.2.3")]


def test_a_line_of_blanks_costs_no_more_than_any_other() -> None:
    login = "x" + " " * 60_000 + "x"
    began = monotonic()
    assert said_by(4624, f"新しいログオン:\n\tアカウント名:\t{login}\t") == {"login": login}
    assert monotonic() - began < 2


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026/11/21 9:05:12", "2026-11-21T09:05:12+09:00"),
        ("2026/11/21 午後 9:05:12", "2026-11-21T21:05:12+09:00"),
        ("11/21/2026 12:05:12 AM", "2026-11-21T00:05:12+09:00"),
        ("21/11/2026 09:05:12", "2026-11-21T09:05:12+09:00"),
        ("2026-11-21T00:05:12.1234567Z", "2026-11-21T00:05:12.123456+00:00"),
        ("02/03/2026 09:05:12", "月と日の順"),
        ("2026/13/01 9:05:12", "ない日時"),
        ("昨日", "日時として"),
    ],
)
def test_a_time_is_read_or_told_and_never_guessed(text: str, instant: str) -> None:
    try:
        found = instant_of(text, JST).isoformat()
    except ValueError as error:
        found = str(error)
    assert found.startswith(instant)


def test_a_record_that_cannot_be_read_takes_no_other_record_with_it() -> None:
    good = ("2026/11/21 9:05:12", 4624, logon())
    heading, rest = viewer(good).split("\r\n", 1)
    broken = [
        '成功の監査,2026/11/21 9:05:10,Security,4624,ログオン,"閉じない',
        "成功の監査,2026/11/21 9:05:11,Security,46x4,ログオン,a",
        "成功の監査,きのう,Security,4624,ログオン,a",
        "成功の監査,2026/11/21 9:05:12,Security,4624,ログオン,説明なし",
        "切れた行",
    ]
    rows = list(reading("\r\n".join([heading, *broken, rest])).read())
    assert said(rows) == [(len(broken) + 2, "signed_in", "adm01", "10.1.2.3")]
    assert [place for place, _ in faults(rows)] == [
        f"security.csv {number}行目" for number in range(2, len(broken) + 2)
    ]


def test_a_broken_chunk_and_a_broken_record_of_an_evtx_are_told_and_the_others_read() -> None:
    held = bytearray(event_file([LoggedEvent(4624, AT + timedelta(seconds=n), LOGON) for n in range(90)]))
    held[4096 + 700 : 4096 + 760] = b"\xff" * 60
    held[4096 + 65536 : 4096 + 65536 + 8] = b"garbage!"
    rows = list(reading(bytes(held), "Security.evtx").read())
    assert len(said(rows)) == 90 - 1 - 40
    assert any("第2区画" in place for place, _ in faults(rows))
    assert any("記録 1" in place for place, _ in faults(rows))


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b"PK\x03\x04" + bytes(100), "圧縮"),
        (b"\x1f\x8b" + bytes(100), "圧縮"),
        (event_file([LoggedEvent(4624, AT, LOGON)])[:-100], "途中で切れて"),
        (b"ElfFile\0" + b"\xff" * 4088, "EVTX として"),
    ],
)
def test_a_file_that_is_no_log_is_refused_and_never_unpacked(content: bytes, word: str) -> None:
    with pytest.raises(SourceError, match=word):
        list(reading(content, "x").read())
