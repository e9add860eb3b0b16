"""`iam person`: one person's whole story, each state with what caused it.

The one law: *asking changes nothing*, and what was believed on another day can
be asked as well as what is believed now.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Final

import click

from iam.access.suspensions import Suspension, suspensions
from iam.access.urgent import Waiting, waiting
from iam.access.wanted import Cause, Rules
from iam.errors import NotFound
from iam.people.announced import as_told
from iam.people.japanese import comparable
from iam.people.ledger import Entry, LedgerChange
from iam.people.standing import Status
from iam.record.columns import JST, local_text
from iam.sync.dossier import Dossier, dossier, everybody
from iam.sync.stored.plans import ChangeState
from web.cli.japanese import DAY, as_json_option
from web.cli.people.refusals import refusal, refusal_json
from web.cli.people.suspension import as_of, restore, suspend, suspension_json, suspension_lines
from web.cli.people.timeline import (
    State,
    announced,
    entry_words,
    listed,
    post_words,
    state_on,
    states,
)
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk


class _Moment(click.ParamType[datetime]):
    """An instant; without a zone it is meant in Japan, without a time the end of the day."""

    name = "日時"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        text = str(value)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            self.fail("2026-11-20 や 2026-11-20T09:00 のように指定してください。", param, ctx)
        if len(text) <= len("2026-11-20"):
            found = datetime.combine(found, time.max)
        return found if found.tzinfo else found.replace(tzinfo=JST)


MOMENT: Final = _Moment()


@click.group()
def person() -> None:
    """職員の発令、状態、利用者IDを表示し、利用を停止・回復します。"""


person.add_command(suspend)
person.add_command(restore)


@person.command("show")
@click.argument("number", metavar="職員番号")
@click.option("--as-of", "on", type=DAY, metavar="日付", help="その日の状態だけを示します。")
@click.option("--known-at", type=MOMENT, metavar="日時", help="その時点で分かっていたことだけから示します。")
@as_json_option
@click.pass_obj
def show_command(desk: Desk, *, number: str, on: date | None, known_at: datetime | None, as_json: bool) -> None:
    """職員の経緯を、名簿の行、発令、規則、条項とともに表示します。

    内示解禁日より前の発令は表示しません。以前の職員番号でも引けます。

    \b
    例:
      iam person show 0012345
      iam person show 0012345 --as-of 2027-04-01
      iam person show 0012345 --known-at 2026-11-20
    """
    rules = desk.policy(on).rules
    with desk.store.read() as connection:
        found = dossier(connection, number, desk.today, known_at)
        stopped = suspensions(connection, ended=True, person_id=found.person.id)
        left = {each.person_id: each for each in waiting(connection)}.get(found.person.id)
    believed = _believed(found, known_at)
    if known_at is not None and not believed.versions:
        raise NotFound(f"職員番号「{number}」の職員は、{local_text(known_at)} の時点では台帳にいません。")
    story = Story(announced(believed, desk.today), rules, desk.today, on, _known(stopped, known_at), left)
    if believed.versions and not story.found.versions:
        raise NotFound(f"職員番号「{number}」について、いま表示できるものはありません。")
    if as_json:
        say_json(story.as_json())
    else:
        say(*story.lines())


@person.command("list")
@click.option("--name", metavar="氏名", help="氏名にこの文字を含む職員を示します。")
@click.option(
    "--status", type=click.Choice([str(status) for status in Status]), metavar="状態", help="この状態の職員を示します。"
)
@click.option("--department", metavar="部", help="この部の職員を示します。")
@as_json_option
@click.pass_obj
def list_command(desk: Desk, *, name: str | None, status: str | None, department: str | None, as_json: bool) -> None:
    """今日の状態と所属で職員を一覧にします。

    状態は future（着任前）、in_service（在職）、on_leave（休職・休業中）、away（派遣・出向中）、
    absent（名簿に見当たらない）、lapsed（任期満了）、left（退職）、
    untold（番号は知られているが、有効な発令がない）です。
    """
    rules, today = desk.policy().rules, desk.today
    found: list[tuple[Status, tuple[str, ...]]] = []
    with desk.store.read() as connection:
        for each in everybody(connection):
            known = as_told(each, today)
            if each.entries and not known.entries:
                continue
            now, row = rules.standing(known, today).status, listed(known, rules, today)
            named = name is None or comparable(name) in comparable(each.name)
            if named and status in {None, str(now)} and department in {None, row[-2]}:
                found.append((now, row))
    if as_json:
        keys = ("staff_number", "name", "department", "post")
        say_json([{**dict(zip(keys, row, strict=True)), "status": now} for now, row in found])
        return
    heading = ("職員番号", "氏名", "部", "所属", "状態")
    say_table([heading, *((*row, now.label_ja) for now, row in found)])
    say(f"{len(found):,}人")


def _believed(found: Dossier, known_at: datetime | None) -> Dossier:
    """The dossier as it stood at `known_at`."""
    if known_at is None:
        return found
    return replace(
        found,
        person=replace(found.person, absent_runs=0),
        names=[name for name in found.names if name.known_from <= known_at],
        versions=[entry for entry in found.versions if entry.known_from <= known_at],
        deeds=[deed for deed in found.deeds if deed.at <= known_at],
    )


def _known(found: Sequence[Suspension], known_at: datetime | None) -> Sequence[Suspension]:
    """The suspensions as they stood at `known_at`."""
    if known_at is None:
        return found
    return [as_of(each, known_at) for each in found if each.suspended_at <= known_at]


@dataclass(frozen=True)
class Story:
    """A dossier, told.  `on` limits the states to those of one day."""

    found: Dossier
    rules: Rules
    today: date
    on: date | None
    suspensions: Sequence[Suspension] = ()
    waiting: Waiting | None = None

    def lines(self) -> Iterator[str]:
        """The whole story as text."""
        yield from self._who()
        yield from suspension_lines(self.suspensions, self.waiting)
        if self.found.person.entries:
            now = state_on(self.found, self.rules, self.on or self.today, self.today)
            yield f"{self.on or self.today} の状態"
            yield from self._state(now)
        if self.on is None:
            yield "状態の移り変わり"
            for state in states(self.found, self.rules, self.today):
                yield f"  {state.since}から"
                yield from (f"  {line}" for line in self._state(state))
        yield "発令台帳（知った順）"
        for entry in self.found.versions:
            yield from self._version(entry)
        yield from self._accounts()
        yield from self._deeds()
        yield from self._quarantined()

    def _who(self) -> Iterator[str]:
        person = self.found.person
        kana = f"（{person.name_kana}）" if person.name_kana else ""
        yield f"職員番号 {person.staff_number}  {person.name}{kana}"
        others = [number for number in self.found.numbers if number != person.staff_number]
        if others:
            yield f"  ほかの職員番号 {'、'.join(others)}"
        for name in self.found.names:
            if name.known_until is not None:
                yield f"  以前の氏名 {name.name}（{local_text(name.known_until)} まで、{name.place}）"
        if person.home_body:
            yield f"  派遣元団体 {person.home_body}"
        missing = f"  名簿に {person.absent_runs}回続けて見当たりません。" if person.absent_runs else ""
        yield f"  供給元 {person.source}{missing}"

    def _state(self, state: State) -> Iterator[str]:
        now = state.standing
        posts = "、".join(" ".join(post_words(post, self.rules, state.since)) for post in now.posts)
        yield f"  {now.status.label_ja}  {posts}".rstrip()
        yield f"    根拠: {_because(now.cause)} [{self.rules.lifecycle_clause}]"
        for code, each in state.wanted.items():
            yield f"    {self._system(code)}: {'有効' if each.enabled else '停止'} ← {_why(each.why)}"
            for name, cause in each.entitlements.items():
                yield f"      権限「{self._right(code, name)}」 ← {_why(cause)}"

    def _version(self, entry: Entry) -> Iterator[str]:
        marks = [
            "" if entry.change is LedgerChange.NEW else entry.change.label_ja,
            f"発令 {entry.supersedes} に代わる" if entry.supersedes else "",
            "さかのぼり" if entry.backdated else "",
        ]
        marked = "、".join(filter(None, marks))
        yield f"  発令 {entry.id}  {entry_words(entry)}" + (f"  〔{marked}〕" if marked else "")
        yield f"    知った日時 {local_text(entry.known_from)}  供給元 {entry.source}（取込 {entry.run}、{entry.place}）"
        if entry.known_until is not None:
            why = entry.closing.label_ja if entry.closing else ""
            yield f"    {local_text(entry.known_until)} に{why}により効力を失いました。"

    def _accounts(self) -> Iterator[str]:
        yield "利用者ID" if self.found.accounts else "利用者ID なし"
        for account in self.found.accounts:
            off = f"（{account.disabled_on} から）" if account.disabled_on else ""
            yield f"  {self._system(account.system)}  {account.login}  {account.state.label_ja}{off}"
            for held in self.found.holdings.get(account.id, ()):
                until = f" {local_text(held.held_until)} まで" if held.held_until else ""
                appointment = f"、発令 {held.appointment}" if held.appointment else ""
                right = self._right(account.system, held.entitlement)
                yield (
                    f"    権限「{right}」 {local_text(held.held_from)} から{until}"
                    f"（規則 {held.rule}{appointment}）[{held.clause}]"
                )

    def _deeds(self) -> Iterator[str]:
        if self.found.deeds:
            yield "行った変更"
        for deed in self.found.deeds:
            failed = f"  失敗: {deed.error}" if deed.state is ChangeState.FAILED else ""
            yield f"  {deed.on} 計画 {deed.plan}  {deed.sentence} ← {deed.reason}{failed}"

    def _quarantined(self) -> Iterator[str]:
        if self.found.quarantined:
            yield "受け付けなかった行（直るまで、この職員は前のままです）"
        for row in self.found.quarantined:
            yield f"  {refusal(row.row)}"

    def _system(self, code: str) -> str:
        system = self.rules.model.systems.get(code)
        return system.name if system else code

    def _right(self, code: str, name: str) -> str:
        system = self.rules.model.systems.get(code)
        known = system.entitlements.get(name) if system else None
        return known.name if known else name

    def as_json(self) -> dict[str, object]:
        """The whole story for a script."""
        found, person = self.found, self.found.person
        if self.on is not None:
            told = [state_on(found, self.rules, self.on, self.today)] if person.entries else []
        else:
            told = states(found, self.rules, self.today)
        return {
            "staff_number": person.staff_number, "numbers": found.numbers, "name": person.name,
            "name_kana": person.name_kana, "source": person.source, "absent_runs": person.absent_runs,
            "states": [_state_json(state) for state in told],
            "versions": [_version_json(entry) for entry in found.versions],
            "accounts": [
                {
                    "system": account.system, "login": account.login, "state": account.state,
                    "disabled_on": account.disabled_on,
                    "holdings": [
                        {"entitlement": held.entitlement, "from": held.held_from, "until": held.held_until,
                         "rule": held.rule, "clause": held.clause, "appointment": held.appointment}
                        for held in found.holdings.get(account.id, ())
                    ],
                }
                for account in found.accounts
            ],
            "changes": [
                {"plan": deed.plan, "on": deed.on, "kind": deed.kind, "state": deed.state, "sentence": deed.sentence,
                 "reason": deed.reason, "error": deed.error}
                for deed in found.deeds
            ],
            "suspensions": [suspension_json(each) for each in self.suspensions],
            "waits_for_systems": None if self.waiting is None else self.waiting.trouble,
            "quarantined": [
                {"source": row.source, **refusal_json(row.row)} for row in found.quarantined
            ],
        }  # fmt: skip


def _because(entry: Entry | None) -> str:
    return f"発令 {entry.id} {entry_words(entry)}（{entry.place}）" if entry else "発令がありません"


def _why(cause: Cause) -> str:
    place = f"、発令 {cause.entry.id}、{cause.entry.place}" if cause.entry else ""
    return f"{cause.words} [{cause.clause}{place}]"


def _cause_json(cause: Cause) -> Mapping[str, object]:
    entry = cause.entry
    return {
        "rule": cause.rule, "clause": cause.clause, "words": cause.words, "effective": cause.effective,
        "appointment": entry.id if entry else None, "place": entry.place if entry else None,
    }  # fmt: skip


def _state_json(state: State) -> dict[str, object]:
    now = state.standing
    return {
        "since": state.since, "status": now.status,
        "cause": None if now.cause is None else {"appointment": now.cause.id, "place": now.cause.place},
        "posts": [
            {"appointment": post.entry.id, "org_code": post.entry.told.org_code, "org_name": post.entry.told.org_name,
             "title": post.entry.told.title, "concurrent": post.entry.told.concurrent, "from": post.begins,
             "until": None if post.until == date.max else post.until}
            for post in now.posts
        ],
        "systems": {
            code: {
                "enabled": each.enabled, "why": _cause_json(each.why),
                "entitlements": {name: _cause_json(cause) for name, cause in each.entitlements.items()},
            }
            for code, each in state.wanted.items()
        },
    }  # fmt: skip


def _version_json(entry: Entry) -> dict[str, object]:
    told = entry.told
    return {
        "appointment": entry.id, "change": entry.change, "kind": told.kind, "gives": told.gives,
        "org_code": told.org_code, "org_name": told.org_name, "title": told.title, "category": told.category,
        "concurrent": told.concurrent, "from": told.valid_from,
        "until": None if told.valid_until == date.max else told.valid_until,
        "known_from": entry.known_from, "known_until": entry.known_until, "closing": entry.closing,
        "supersedes": entry.supersedes, "source": entry.source, "run": entry.run, "place": entry.place,
    }  # fmt: skip
