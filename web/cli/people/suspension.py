"""`iam person suspend` and `restore`: all of a person's rights taken away, and given back as they were.

The one law: *the console is no way around the general officer* (R20, design law 4): where roles belong to posts and
there is a portal, it is done there, by whoever proves to be the officer; only where operating-system accounts stand
for the officers does an account that the configuration names do it here.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import click

from iam.access.suspensions import CLAUSE, Suspension
from iam.access.urgent import Waiting, waiting
from iam.errors import ConfigurationError, Forbidden, NotFound
from iam.jobs.at_once.persons import Hurried, hurry
from iam.office.roles import Offices
from iam.people.japanese import comparable
from iam.people.ledger import persons_by_number
from iam.people.organisation import Organisation
from iam.record.act import Act
from iam.record.columns import local_text
from iam.signin.desk.suspending import By, Suspended, resume, stop
from web.body.job import offices_of, releasing_offices
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.night.progress import Progress
from web.cli.running.persons import lines_of
from web.cli.table import say, say_json
from web.cli.wiring import Desk

Deed = Callable[[Act, Offices, Organisation, int, By], Suspended]


@click.command("suspend")
@click.argument("number", metavar="職員番号")
@click.option(
    "--reason", required=True, metavar="理由", help="停止する理由。証跡に残り、知らせを受けた責任者が読みます。"
)
@as_json_option
@click.pass_context
def suspend(context: click.Context, *, number: str, reason: str, as_json: bool) -> None:
    """職員の利用を、すべての情報システムで直ちに停止します（権利停止）。

    サインイン中の端末と発行済みのトークンはその場で終わり、各システムの利用者IDをすぐに停止して読み返します。
    最高位の責任者と、所属のデータの責任者に知らせます。iam person restore で、元のとおりに戻せます。
    停止できるのは統括の担当者だけです。役職を職に割り当て、ポータルを使う団体では、ポータルの職員の画面で行います。
    そうでない団体では、設定の [officers] release にあるOSのアカウントで行います。

    \b
    例:
      iam person suspend 0012345 --reason "規程違反の調査のため（決裁 6総第12号）"

    \b
    終了コード: 0 すべてのシステムで停止した、2 使い方・権限の誤り、
      3 ガードが保留した、4 停止を記録したが、まだ反映できないシステムがある
      （職員は入れません。反映できるまで繰り返し試します）
    """
    _do(context, number, reason, _Said("停止", "suspend"), stop, as_json=as_json)


@click.command("restore")
@click.argument("number", metavar="職員番号")
@click.option(
    "--reason", required=True, metavar="理由", help="回復する理由。証跡に残り、知らせを受けた責任者が読みます。"
)
@as_json_option
@click.pass_context
def restore(context: click.Context, *, number: str, reason: str, as_json: bool) -> None:
    """利用の停止を解き、停止する前のとおりに戻します。

    権限、認証手段、パスワードは停止の前のままです。終わったサインインは戻りません。
    だれが行えるかは iam person suspend と同じです。

    \b
    例:
      iam person restore 0012345 --reason "調査の結果、違反はなかった"

    \b
    終了コード: iam person suspend と同じ
    """
    _do(context, number, reason, _Said("回復", "restore"), resume, as_json=as_json)


@dataclass(frozen=True)
class _Said:
    """What the deed is called, and the page where it is done."""

    words: str
    page: str


def _do(context: click.Context, number: str, reason: str, said: _Said, deed: Deed, *, as_json: bool) -> None:
    desk: Desk = context.obj
    deployment = desk.deployment
    person_id = _person(desk, number)
    _refuse_around_the_officer(desk, person_id, said)
    with desk.store.act(desk.actor) as act:
        done = deed(act, offices_of(deployment), deployment.organisation, person_id, By(None, reason))
    with Progress(sys.stderr) as progress:
        found = hurry(desk.job(progress), gives=desk.judged().gives)
    with desk.store.read() as connection:
        left = next((each.trouble for each in waiting(connection) if each.person_id == person_id), None)
    if as_json:
        say_json(_json(done, found, left))
    else:
        say(*_lines(done, said, found, left))
    context.exit(_exit(found, left))


def _person(desk: Desk, number: str) -> int:
    typed = comparable(number)
    with desk.store.read() as connection:
        found = persons_by_number(connection, [typed]).get(typed)
    if found is None:
        raise NotFound(f"職員番号「{number}」の職員は台帳にいません。")
    return found


def _refuse_around_the_officer(desk: Desk, person_id: int, said: _Said) -> None:
    """See that this account stands for the general officer.

    Raises:
        Forbidden: when it does not, with the page where it is done; ConfigurationError: when nobody is named.
    """
    deployment = desk.deployment
    portal = deployment.settings.portal
    if portal is not None and releasing_offices(deployment) is not None:
        page = f"{portal.origin}/office/people/{person_id}/{said.page}"
        raise Forbidden(f"利用の{said.words}は、統括の担当者がポータルで行います。{page} を開いてください。")
    officers = deployment.settings.officers.release
    if not officers:
        raise ConfigurationError(["[officers] release に、統括の担当者のOSのアカウントを書いてください。"])
    if desk.actor not in officers:
        cure = "設定の [officers] release にある人が行ってください。"
        raise Forbidden(f"「{desk.actor}」は利用の{said.words}を行う担当者ではありません。{cure}")


def _lines(done: Suspended, said: _Said, found: Hurried, left: str | None) -> Iterator[str]:
    yield f"利用を{said.words}しました（受付番号 {done.suspension.id}）。"
    yield f"サインイン{done.sessions:,}件を終え、{done.told:,}人に知らせました。"
    if not done.told:
        yield "注意: 知らせる責任者が決まっていません。iam officers list で確かめてください。"
    yield from lines_of(found)
    if left is not None:
        yield f"システムへの反映を待っています。iam worker が繰り返し試します。{left}".rstrip()


def _json(done: Suspended, found: Hurried, left: str | None) -> dict[str, object]:
    applied = {"done": found.done, "troubles": found.troubles, "holds": [str(hold) for hold in found.holds]}
    told = {"sessions_ended": done.sessions, "told": done.told}
    return {**suspension_json(done.suspension), **told, "applied": applied, "settled": left is None, "waits": left}


def _exit(found: Hurried, left: str | None) -> Exit:
    if found.holds:
        return Exit.HELD
    return Exit.SETTLED if left is None else Exit.FAILED


# --- as `iam person show` tells it


def as_of(found: Suspension, known_at: datetime) -> Suspension:
    """The suspension as it stood at an instant."""
    if found.restored_at is None or found.restored_at <= known_at:
        return found
    return replace(found, restored_at=None, restored_actor="", restored_by=None, restore_reason="")


def suspension_lines(found: Sequence[Suspension], left: Waiting | None) -> Iterator[str]:
    """Each suspension in one line or two, the newest first; and whether the systems are still to be told."""
    for each in found:
        now = "利用停止中" if each.restored_at is None else "利用停止（回復済）"
        since = f"{local_text(each.suspended_at)} から"
        yield f"  {now} {since} {each.suspended_actor}: {each.reason} [{CLAUSE}]"
        if each.restored_at is not None:
            yield f"    {local_text(each.restored_at)} に回復 {each.restored_actor}: {each.restore_reason}"
    if left is not None:
        yield f"  システムへの反映待ち {left.trouble}".rstrip()


def suspension_json(each: Suspension) -> dict[str, object]:
    """One suspension for a script."""
    return {
        "suspension": each.id, "reason": each.reason, "clause": CLAUSE, "since": each.suspended_at,
        "by": each.suspended_actor, "restored_at": each.restored_at, "restored_by": each.restored_actor,
        "restore_reason": each.restore_reason,
    }  # fmt: skip
