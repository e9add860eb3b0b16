"""`iam account kept`: the register of kept IDs.

The one law: *who answers for an ID stands beside it*, or that nobody does.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import click
from sqlalchemy import Connection

from iam.access.kept.register import Kept, KeptKind, Member, Sought, listed, members_of
from iam.people.ledger import Person, people
from web.cli.japanese import as_json_option
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk

KINDS: Final = click.Choice([str(kind) for kind in KeptKind])


@click.command("kept")
@click.argument("words", metavar="[言葉]", required=False, default="")
@click.option("--system", metavar="システム", help="このシステムのものだけを示します。")
@click.option("--kind", type=KINDS, metavar="種別", help="この種別のものだけを示します。")
@click.option("--without-keeper", is_flag=True, help="管理者のいないものだけを示します。")
@click.option("--over", is_flag=True, help="期限の過ぎたものだけを示します。")
@click.option("--retired", is_flag=True, help="台帳から外したものも示します。")
@as_json_option
@click.pass_obj
def kept_command(
    desk: Desk, *, words: str, system: str | None, kind: str | None, without_keeper: bool, over: bool, retired: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """職員個人のものでないID（共用ID等）の台帳を一覧にします。言葉は、ID・用途・事業・委託先・管理者の一部です。

    種別は shared（共用ID）、service（システム用ID）、development（開発用ID）、test（試験用ID）、
    contractor（委託先ID）です。
    """
    sought = Sought(
        words, KeptKind(kind) if kind else None, None if system is None else {system},
        without_keeper=without_keeper, over=desk.today if over else None, retired=retired,
    )  # fmt: skip
    with desk.store.read() as connection:
        found = listed(connection, sought, desk.today)
        if as_json:
            say_json(told(connection, [each.kept for each in found]))
            return
    heading = ("システム", "利用者ID", "種別", "用途", "管理者", "氏名", "使う人", "期限")
    rows = [
        (each.kept.system, each.kept.login, each.kept.kind.label_ja, each.kept.purpose, each.keeper_number or "なし",
         each.keeper_name, str(each.members or ""), str(each.kept.valid_until or ""))
        for each in found
    ]  # fmt: skip
    if rows:
        say_table([heading, *rows])
    say(f"{len(found):,}件")
    if not rows and sought == Sought():
        say("これまでの台帳は iam account register で取り込みます。1件ずつなら iam account keep で載せます。")


def told(connection: Connection, kept: Sequence[Kept]) -> list[dict[str, object]]:
    """Rows as a script reads them, each with everybody who ever used it."""
    members = members_of(connection, [each.id for each in kept])
    ids = {id_ for each in kept for id_ in (each.keeper_id, each.sponsor_id) if id_ is not None}
    ids |= {member.person_id for many in members.values() for member in many}
    known = {person.id: person for person in people(connection, sorted(ids))}
    return [_told(each, members[each.id], known) for each in kept]


def _told(kept: Kept, members: Sequence[Member], known: Mapping[int, Person]) -> dict[str, object]:
    using = [
        {**_person(member.person_id, known), "from": member.valid_from, "until": member.valid_until}
        for member in members
    ]
    return {
        "id": kept.id, "system": kept.system, "login": kept.login, "kind": kept.kind, "purpose": kept.purpose,
        "keeper": _person(kept.keeper_id, known), "sponsor": _person(kept.sponsor_id, known), "project": kept.project,
        "company": kept.company, "valid_until": kept.valid_until, "secret_changed_on": kept.secret_changed_on,
        "members": using, "registered_at": kept.registered_at, "changed_at": kept.changed_at,
        "retired_at": kept.retired_at,
    }  # fmt: skip


def _person(id_: int | None, known: Mapping[int, Person]) -> dict[str, object]:
    person = known.get(id_ or 0)
    return {} if person is None else {"staff_number": person.staff_number, "name": person.name}
