"""`iam decide`: may somebody come into a system, and why: the door's own answer, told to an officer.

The one law: *asking lets nobody in and is not done unseen*: nothing is recorded as
an entry, and who asked about whom is in the audit.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from ipaddress import ip_address
from typing import Final

import click

from iam.access.places.terminals import terminal
from iam.errors import ConfigurationError, NotFound
from iam.people.japanese import comparable
from iam.policy.clauses import Clause, clauses_of
from iam.record.columns import JST
from iam.signin.deciding.decision import Decision, Outcome, Reason
from iam.signin.deciding.facts import Knock, Whence, explain, proved_now
from iam.signin.deciding.records import questioned
from iam.signin.door import Door, find
from iam.signin.kinds import Method, Proofs
from web.body.door import door_of
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.people.person import MOMENT
from web.cli.table import printable, say, say_json, say_table
from web.cli.wiring import Desk

NOT_YET: Final = "none"
"""What stands for somebody who has not signed in."""

_MARKS: Final[Mapping[Outcome, str]] = {Outcome.ALLOW: "○", Outcome.STEP_UP: "△", Outcome.DENY: "×"}


class _Methods(click.ParamType[Proofs]):
    """Methods of signing in, with commas between them."""

    name = "方法"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Proofs:
        if isinstance(value, Proofs):
            return value
        proofs = Proofs()
        for each in comparable(str(value)).split(","):
            if each == NOT_YET:
                continue
            if each not in set(Method):
                known = "、".join([*Method, NOT_YET])
                self.fail(f"「{printable(each)}」という方法はありません。{known} から選んでください。", param, ctx)
            proofs = proofs.plus(Method(each))
        return proofs


class _Address(click.ParamType[str]):
    """An IP address; "" stays "": a mistyped one would else be judged as none at all."""

    name = "アドレス"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        text = comparable(str(value))
        try:
            return str(ip_address(text)) if text else ""
        except ValueError:
            self.fail(f"「{printable(text)}」はアドレスではありません。10.1.2.3 のように指定してください。", param, ctx)


@click.command("decide")
@click.argument("person", metavar="職員番号")
@click.argument("system", metavar="情報システム")
@click.option("--from", "address", type=_Address(), default="", metavar="アドレス", help="接続元のアドレス。")
@click.option(
    "--terminal", "code", default="", metavar="管理番号", help="使う端末。固定のアドレスがあれば接続元にします。"
)
@click.option("--at", type=MOMENT, metavar="日時", help="いつのことか。書かなければ今。日付だけでもかまいません。")
@click.option(
    "--signed-in",
    "proofs",
    type=_Methods(),
    default="password,totp",
    show_default=True,
    metavar="方法[,方法…]",
    help=f"サインインに使った方法。まだなら {NOT_YET}。",
)
@click.option("--check", is_flag=True, help="入れる（許可）ときは 0、そうでないときは 1 で終わります。")
@as_json_option
@click.pass_obj
def decide(
    desk: Desk,
    *,
    person: str,
    system: str,
    address: str,
    code: str,
    at: datetime | None,
    proofs: Proofs,
    check: bool,
    as_json: bool,
) -> None:
    """職員が情報システムに入れるかどうかを、理由とともに答えます。

    条項と、本人にできることも示します。入口での判定と同じ答えです。だれも入れず、だれのサインインも終わらせません。
    だれがだれについて調べたかは、証跡に残ります。

    \b
    例:
      iam decide 0012345 zeimu --from 10.1.2.3
      iam decide 0012345 zeimu --terminal PC-0042
      iam decide 0012345 zeimu --at 2027-04-01 --signed-in password

    \b
    サインインの方法:
      password（パスワード）、totp（認証アプリ）、token（ワンタイムの機器）、
      key（セキュリティキー）、verified_key（本人確認つきのキー）、
      certificate（ICカード）、recovery（回復コード）、temporary（窓口のコード）
    """
    door = _door(desk)
    moment = at or desk.store.clock()
    whence = _whence(desk, address, code)
    with desk.store.read() as connection:
        who = find(connection, door, person, moment)
    if who is None:
        raise NotFound(f"職員番号「{printable(person)}」の職員は台帳にいません。番号を確かめてください。")
    session = proved_now(door, who, proofs, moment, whence.address) if proofs.given else None
    found = explain(desk.store, door, Knock(who, session, system, whence, moment))
    with desk.store.act(desk.actor) as act:
        questioned(act, who.person_id, system, found)
    if as_json:
        say_json(_as_json(found))
    else:
        say(*_lines(found, clauses_of(door.profile)))
        say("調べた内容")
        say_table(list(found.facts.items()), "  ")
    if check and not found.allowed:
        raise click.exceptions.Exit(Exit.DIFFERS)


def _door(desk: Desk) -> Door:
    portal = desk.deployment.settings.portal
    if portal is None:
        raise ConfigurationError([f"{desk.config}: [portal] を書いてください。判定は職員ポータルの設定を使います。"])
    return door_of(desk.deployment, portal, desk.keys)


def _whence(desk: Desk, address: str, code: str) -> Whence:
    """From where and with what; a terminal with an address of its own stands there unless it is said otherwise."""
    if code:
        with desk.store.read() as connection:
            its_own = terminal(connection, code).address
        address = address or its_own
    portal = desk.deployment.settings.portal
    return Whence(address=address, terminal=code, checked=portal is not None and portal.certificate is not None)


def _lines(found: Decision, clauses: Mapping[str, Clause]) -> Iterator[str]:
    yield f"判定: {found.outcome.label_ja}"
    for reason in found.reasons:
        yield f"  {_MARKS[reason.outcome]} {reason.sentence} [{_cited(reason, clauses)}]"
        if reason.cure:
            yield f"     → {reason.cure}"
    if found.until is not None:
        yield f"この答えが変わりうる時刻: {found.until.astimezone(JST):%Y-%m-%d %H:%M}"


def _cited(reason: Reason, clauses: Mapping[str, Clause]) -> str:
    clause = clauses.get(reason.clause)
    return f"{reason.clause} {clause.section} {clause.title}" if clause else reason.clause


def _as_json(found: Decision) -> dict[str, object]:
    return {
        "outcome": found.outcome,
        "reasons": [
            {"code": each.code, "outcome": each.outcome, "clause": each.clause, "sentence": each.sentence,
             "cure": each.cure}
            for each in found.reasons
        ],
        "needs": None if found.outcome is not Outcome.STEP_UP else {
            "kinds": found.needs.kinds, "resistant": found.needs.resistant,
            "max_age_seconds": found.needs.max_age and found.needs.max_age.total_seconds(),
        },
        "until": found.until, "rights": sorted(found.rights), "facts": dict(found.facts),
    }  # fmt: skip
