"""Letters go out once, whatever fails; what ran out is put away, however often that is done."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from connectors.smtp import SmtpMailer, SmtpOptions
from iam.jobs.periodic import ATTEMPTS, KEPT, PAUSE, Delivered, Tidied, deliver, tidy
from iam.office.books import case_table
from iam.outbox import seen, unseen
from iam.outbox.letters import LETTERS
from iam.people.ledger import person_table
from iam.ports import Letter
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.signin.factors import codes
from iam.signin.factors.authenticators import of_person
from iam.signin.sessions import session_table
from iam.signin.steps import login_table
from tests.functional.outbox.conftest import SATO, YAMADA, Clock, clock, deeds, outcomes, store, told
from tests.mailserver import MailServer
from web.practice.servers.process import free_port

__all__ = ["clock", "store"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with MailServer(tmp_path) as running:
        yield running


def mailer(server: MailServer | int) -> SmtpMailer:
    port = server if isinstance(server, int) else server.port
    return SmtpMailer(SmtpOptions("127.0.0.1", port, "none", "kagimori@sakura.test", timeout=5))


def test_every_letter_goes_once(store: Store, server: MailServer) -> None:
    told(store, times=3)
    assert deliver(store, mailer(server)) == Delivered(sent=3)
    assert deliver(store, mailer(server)) == Delivered()
    assert len(server.received) == 3
    assert outcomes(store) == ["sent"] * 3
    assert deeds(store) == ["letter.sent"] * 3


def test_two_workers_share_the_letters(store: Store, server: MailServer) -> None:
    told(store, times=20)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: deliver(store, mailer(server)), range(2)))
    assert sum(each.sent for each in done) == 20
    numbers = [str(message["Message-ID"]) for message in server.received]
    assert len(numbers) == len(set(numbers)) == 20


def test_a_letter_that_the_server_puts_off_goes_later_and_the_others_at_once(
    store: Store, server: MailServer, clock: Clock
) -> None:
    server.answers += ["451 4.3.0 try later"]
    told(store, times=2)
    assert deliver(store, mailer(server)) == Delivered(sent=1, postponed=1)
    assert deliver(store, mailer(server)) == Delivered()
    clock.on(LETTERS.first_delay)
    assert deliver(store, mailer(server)) == Delivered(sent=1)
    assert outcomes(store) == ["sent", "sent"]


def test_a_letter_that_is_refused_for_good_has_failed_and_is_shown(store: Store, server: MailServer) -> None:
    server.refuses["gone@sakura.test"] = "550 5.1.1 no such user"
    told(store, "gone@sakura.test")
    told(store)
    assert deliver(store, mailer(server)) == Delivered(sent=1, failed=1)
    assert outcomes(store) == ["failed", "sent"]
    with store.read() as connection:
        (reason,) = connection.execute(text("SELECT reason FROM letter WHERE outcome = 'failed'")).scalars()
    assert "550 5.1.1 no such user" in reason


def test_while_the_server_is_away_only_one_letter_is_tried(store: Store, server: MailServer, clock: Clock) -> None:
    told(store, times=5)
    away = deliver(store, mailer(free_port()))
    assert (away.sent, away.postponed, away.failed) == (0, 1, 0)
    assert "通信できません" in away.trouble
    clock.on(LETTERS.first_delay)
    assert deliver(store, mailer(server)) == Delivered(sent=5)


class Died(BaseException):
    """The process is gone."""


@dataclass
class Dying:
    """A worker that dies as soon as the server has taken the letter."""

    real: SmtpMailer

    def send(self, letter: Letter) -> None:
        self.real.send(letter)
        raise Died


def test_a_worker_that_dies_between_sending_and_writing_sends_the_same_letter_again(
    store: Store, server: MailServer, clock: Clock
) -> None:
    told(store)

    with pytest.raises(Died):
        deliver(store, Dying(mailer(server)))
    assert deliver(store, mailer(server)) == Delivered()
    clock.on(LETTERS.hold)
    assert deliver(store, mailer(server)) == Delivered(sent=1)
    first, second = [str(message["Message-ID"]) for message in server.received]
    assert first == second


def test_a_worker_that_is_told_to_stop_leaves_the_rest(store: Store, server: MailServer) -> None:
    told(store, times=4)
    assert deliver(store, mailer(server), going=lambda: len(server.received) < 2) == Delivered(sent=2)
    assert deliver(store, mailer(server)) == Delivered(sent=2)


def test_without_a_server_letters_are_not_kept_for_another_day(store: Store, server: MailServer) -> None:
    told(store, times=2)
    assert deliver(store, None) == Delivered()
    assert outcomes(store) == ["not_sent"] * 2
    assert deliver(store, mailer(server)) == Delivered()
    with store.read() as connection:
        assert len(unseen(connection, YAMADA)) == 2


def test_what_was_sent_is_written_however_busy_the_database_is(tmp_path: Path, empty_file: Path) -> None:
    url = f"sqlite:///{tmp_path / 'busy.db'}"
    (tmp_path / "busy.db").write_bytes(empty_file.read_bytes())
    with (
        closing(_Opened(f"{url}?timeout=0.05", tmp_path)) as ours,
        closing(_Opened(url, tmp_path)) as theirs,
        MailServer(tmp_path) as server,
    ):
        told(ours.store)
        waits: list[timedelta] = []
        writer = theirs.store.act("night")

        def pause(wait: timedelta) -> None:
            waits.append(wait)
            if len(waits) == 3:
                writer.__exit__(None, None, None)

        # The night begins to write while the letter is on its way.
        server.on_letter = lambda _: str(writer.__enter__())
        assert deliver(ours.store, mailer(server), pause=pause) == Delivered(sent=1)
        assert waits == [PAUSE] * 3
        assert outcomes(ours.store) == ["sent"]


class _Opened:
    """A store of its own, as another process has."""

    def __init__(self, url: str, folder: Path) -> None:
        path = folder / "busy-keys.json"
        self.store = Store(url, KeyRing.read(path) if path.exists() else KeyRing.create(path))

    def close(self) -> None:
        self.store.dispose()


def test_the_patience_with_a_busy_database_is_shorter_than_a_claim() -> None:
    on_sqlite = timedelta(seconds=30)
    assert ATTEMPTS * (PAUSE + on_sqlite) < LETTERS.hold


@pytest.fixture
def littered(store: Store, clock: Clock) -> Store:
    """Two people; a half login, a session, a temporary code, a case and letters that will all run out."""
    with store.act("test") as act:
        for id_, number in ((YAMADA, "100123"), (SATO, "100456")):
            act.connection.execute(
                insert(person_table).values(
                    id=id_, staff_number=number, source="hr", name="職員", name_kana="", email="", home_body="",
                    absent_runs=0, absent_edition="", pending=False, created_at=act.at,
                )
            )  # fmt: skip
        half = {
            "token_hash": "h", "person_id": YAMADA, "purpose": "signin", "proofs": [], "challenge": "", "address": "",
            "started_at": act.at, "lapses_at": act.at + timedelta(minutes=10),
        }  # fmt: skip
        half |= {column.name: 0 for column in login_table.c if column.name == "tries"}
        act.connection.execute(insert(login_table).values(**half))
        session = {
            "token_hash": "s", "person_id": YAMADA, "proofs": [], "duty": "", "zone": "", "address": "", "terminal": "",
            "signed_in_at": act.at, "proved_at": act.at, "seen_at": act.at, "idle_seconds": 900,
            "ends_at": act.at + timedelta(hours=8), "locked": False, "end_reason": "",
        }  # fmt: skip
        act.connection.execute(insert(session_table).values(**session))
        codes.issue_temporary(act, store.keys, YAMADA, timedelta(hours=4))
        case: dict[str, object] = {
            "kind": "temporary_code", "subject_id": None, "content": {}, "content_hash": "", "reason": "",
            "asked_by": SATO, "asked_at": act.at, "lapses_at": act.at + timedelta(hours=8), "state": "asked",
            "decision_reason": "",
        }  # fmt: skip
        act.connection.execute(insert(case_table).values(**case))
    return store


def test_what_ran_out_is_put_away_once(littered: Store, clock: Clock) -> None:
    assert tidy(littered) == Tidied()
    clock.on(timedelta(hours=9))
    done = tidy(littered)
    assert done == Tidied(sessions_ended=1, logins=1, codes=1, cases=1)
    assert tidy(littered) == Tidied()
    with littered.read() as connection:
        assert of_person(connection, YAMADA) == []


def test_two_at_once_put_each_thing_away_once(littered: Store, clock: Clock) -> None:
    clock.on(timedelta(hours=9))
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: astuple(tidy(littered)), range(2)))
    ended = [Tidied(*map(sum, zip(*done, strict=True)))]
    assert (ended[0].sessions_ended, ended[0].logins, ended[0].codes) == (1, 1, 1)
    assert deeds(littered).count("case.lapsed") == 1


def test_what_ended_long_ago_is_forgotten_and_what_waits_is_not(
    littered: Store, clock: Clock, server: MailServer
) -> None:
    clock.on(timedelta(hours=9))
    told(littered)
    told(littered, person=SATO)
    deliver(littered, mailer(server))
    with littered.read() as connection:
        ids = [each.id for each in unseen(connection, YAMADA)]
    with littered.act("staff:100123") as act:
        seen(act, YAMADA, ids)
    tidy(littered)
    clock.on(KEPT)
    told(littered)
    assert tidy(littered) == Tidied()
    clock.on(timedelta(seconds=1))
    assert tidy(littered) == Tidied(sessions_forgotten=1, letters_forgotten=2, notices_forgotten=1, events_forgotten=1)
    assert outcomes(littered) == [""]
    with littered.read() as connection:
        assert len(unseen(connection, SATO)) == 1
