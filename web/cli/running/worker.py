"""`iam worker`: sends letters and word of sign-outs, carries out released plans, and puts away what ran out.

The one law: *it stops when it is told to, between two letters*; whatever it has
not done, the next one does.  An absent database or mail server is told and
waited for, not died of.
"""

import signal
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from threading import Event
from time import monotonic
from types import FrameType
from typing import Final

import click

from iam.errors import Busy, ConfigurationError, StoreError
from iam.jobs.farewells import Sending, say_farewells
from iam.jobs.periodic import ACTOR, Delivered, Tidied, deliver, tidy
from iam.jobs.seen import forget_sightings
from iam.ports import Mailer
from iam.record.columns import local_text
from iam.record.store import Store
from web.body.connections import mailer_of
from web.cli.running.farewells import line_of, rolled, sending
from web.cli.running.persons import carry_persons, in_background
from web.cli.running.releases import carry_out
from web.cli.running.reviews.round import reviews_in_background, tend_reviews
from web.cli.running.urgent import carry_privileged, privileged_in_background
from web.cli.table import say
from web.cli.wiring import Desk

BETWEEN: Final = timedelta(seconds=10)
"""Between two looks for letters."""

TIDYING: Final = timedelta(hours=1)
"""Between two rounds of tidying."""


@click.command()
@click.option("--once", is_flag=True, help="一度だけ行って終わります。")
@click.pass_obj
def worker(desk: Desk, *, once: bool) -> None:
    """通知や連携先への知らせを送り、計画を適用し、片付けます。

    止めるまで動き続けます（SIGTERM か Ctrl+C で止まります）。いくつ動かしても、同じメールを二重に送ることはありません。
    設定に [mail] がなければメールは送らず、片付けだけを行います。
    """
    store, mailer = desk.store, mailer_of(desk.settings.mail)
    if once:
        _tell(store, deliver(store, mailer))
        _goodbyes(store, sending(desk, lambda: True, lambda _: None), {})
        _say_new(store, carry_out(desk), ())
        _say_new(store, tend_reviews(desk), ())
        _say_new(store, carry_persons(desk), ())
        _say_new(store, carry_privileged(desk), ())
        _say_new(store, tend_reviews(desk, everything=False), ())
        _tidy(desk)
        return
    stop = Event()

    def told(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, told) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with in_background(desk, stop), privileged_in_background(desk, stop), reviews_in_background(desk, stop):
            _stay(desk, mailer, stop)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _stay(desk: Desk, mailer: Mailer | None, stop: Event) -> None:
    store = desk.store
    released: Sequence[str] = ()
    _say(store, "始めました。" if mailer else "始めました。[mail] がないため、メールは送りません。")
    how = sending(desk, lambda: not stop.is_set(), lambda wait: _wait(stop, wait))
    untold: dict[str, str] = {}
    trouble, tidied_at = "", None
    while not stop.is_set():
        try:
            done = deliver(store, mailer, going=how.going, pause=how.pause)
            _tell(store, done, known=trouble)
            trouble = done.trouble
            untold = _goodbyes(store, how, untold)
            released = _say_new(store, carry_out(desk), released)
            if tidied_at is None or monotonic() - tidied_at >= TIDYING.total_seconds():
                _tidy(desk)
                tidied_at = monotonic()
        except (Busy, StoreError) as error:
            if str(error) != trouble:
                trouble = str(error)
                _say(store, trouble)
        _wait(stop, BETWEEN)
    _say(store, "止まりました。")


def _wait(stop: Event, wait: timedelta) -> None:
    stop.wait(wait.total_seconds())


def _tell(store: Store, done: Delivered, known: str = "") -> None:
    """What became of the letters; a trouble that was told before is not told again."""
    if done.sent or done.postponed or done.failed:
        _say(store, f"メール 送信{done.sent:,}件、再送待ち{done.postponed:,}件、送信できず{done.failed:,}件")
    if done.trouble and done.trouble != known:
        _say(store, done.trouble)


def _goodbyes(store: Store, how: Sending, known: Mapping[str, str]) -> dict[str, str]:
    """Tell systems of sign-outs; what stands in the way of any, told once while it stays the same."""
    done = say_farewells(store, how)
    if line := line_of(done):
        _say(store, line)
    for code, trouble in done.troubles.items():
        if known.get(code) != trouble:
            _say(store, f"{code}: {trouble}")
    return {**known, **done.troubles}


def _say_new(store: Store, sentences: Iterable[str], known: Sequence[str]) -> Sequence[str]:
    """Say what was not said at the last look; what is said of this one."""
    now = tuple(sentences)
    for sentence in now:
        if sentence not in known:
            _say(store, sentence)
    return now


def _tidy(desk: Desk) -> None:
    store = desk.store
    _tell_tidied(store, tidy(store))
    if gone := _sightings_forgotten(desk):
        _say(store, f"保存年数を過ぎた突合のサインイン記録{gone:,}件を消しました。")
    if line := rolled(store):
        _say(store, line)


def _sightings_forgotten(desk: Desk) -> int:
    try:
        years = desk.profile.privileged.audit_retention_years.value
    except ConfigurationError:
        # What may be forgotten is not known; the other rounds say what is wrong.
        return 0
    return forget_sightings(desk.store, ACTOR, years)


def _tell_tidied(store: Store, done: Tidied) -> None:
    ended = f"期限切れのサインイン{done.sessions_ended:,}件、申請{done.cases:,}件、コード{done.codes:,}件"
    gone = done.sessions_forgotten + done.letters_forgotten + done.notices_forgotten + done.logins
    gone += done.events_forgotten + done.numbers_forgotten + done.farewells_forgotten + done.tokens_forgotten
    gone += done.decisions_forgotten
    if done.letters_failed:
        _say(store, f"送信を諦めたメール{done.letters_failed:,}件")
    if done.farewells_failed:
        _say(store, f"送信を諦めたログアウト通知{done.farewells_failed:,}件")
    if done.sessions_ended or done.cases or done.codes or gone:
        _say(store, f"片付け {ended}を終え、古い控え{gone:,}件を消しました。")


def _say(store: Store, sentence: str) -> None:
    say(f"{local_text(store.clock())} {sentence}")
