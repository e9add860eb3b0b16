"""`iam privilege list`, `show` and `delegations`: the register, and who may use what.

The one law: *only what holds now is shown as holding*: a delegation that is void, though nobody has marked it yet, is
told with why.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import click
from sqlalchemy import Connection

from iam.privilege.delegating import Broken, Delegation, DelegationState, delegations, why_void
from iam.privilege.register import MODES, PrivilegedId, privileged_id
from iam.privilege.using import UNDONE, Use, uses
from iam.signin.door import Door
from web.cli.japanese import as_json_option
from web.cli.privilege import knowing
from web.cli.table import printable, say, say_json, say_table
from web.cli.wiring import Desk

_STANDING: Final = frozenset({DelegationState.NOMINATED, DelegationState.LIVE})
_FEW: Final = 10


@dataclass(frozen=True)
class _Held:
    """A delegation with why it does not hold at this instant ("" when it does)."""

    delegation: Delegation
    broken: str

    @property
    def words(self) -> str:
        """Where it stands."""
        return f"失効（{Broken(self.broken).label_ja}）" if self.broken else self.delegation.state.label_ja


def _held(connection: Connection, door: Door, at: datetime, found: Sequence[Delegation]) -> list[_Held]:
    return [
        _Held(each, why_void(connection, door, each, at) if each.state is DelegationState.LIVE else "")
        for each in found
    ]


@click.command("list")
@click.option("--retired", is_flag=True, help="廃止したものも示します。")
@as_json_option
@click.pass_obj
def list_command(desk: Desk, *, retired: bool, as_json: bool) -> None:
    """特権IDの台帳を、いま使える職員とともに一覧にします。

    ふだん特権を持つ人はいません。指名と承認を受けた代行者だけが、立会いのもとで、時間を限って使います。
    """
    door, at = knowing.door(desk), desk.store.clock()
    with desk.store.read() as connection:
        register = [each for each in knowing.registered(connection).values() if retired or each.retired_at is None]
        live = _held(connection, door, at, delegations(connection, at, states={DelegationState.LIVE}))
        open_ = uses(connection, states=UNDONE)
        names = knowing.named(connection, {each.delegation.delegate_id for each in live})
    holders = {
        each.id: [
            names[d.delegation.delegate_id] for d in live if not d.broken and each.id in d.delegation.privileged_ids
        ]
        for each in register
    }
    in_use = {each.privileged_id for each in open_}
    if as_json:
        say_json([{**_id_json(each), "holders": holders[each.id], "in_use": each.id in in_use} for each in register])
        return
    rows = [
        (str(each.id), each.system, printable(each.name), MODES[each.mode], "、".join(holders[each.id]) or "—",
         _state_of(each, in_use=each.id in in_use))
        for each in register
    ]  # fmt: skip
    if rows:
        say_table([("番号", "システム", "ID・権限", "使い方", "代行者", "状態"), *rows])
    say(f"{len(rows):,}件" if rows else "特権IDは登録されていません。登録はポータルで申請します。")


def _state_of(each: PrivilegedId, *, in_use: bool) -> str:
    if each.retired_at is not None:
        return "廃止"
    return "利用中" if in_use else "—"


@click.command("show")
@click.argument("number", metavar="番号", type=int)
@as_json_option
@click.pass_obj
def show_command(desk: Desk, *, number: int, as_json: bool) -> None:
    """特権ID一つの登録の内容、代行の指名、最近の利用を表示します。"""
    door, at = knowing.door(desk), desk.store.clock()
    with desk.store.read() as connection:
        found = privileged_id(connection, number)
        held = _held(connection, door, at, delegations(connection, at, privileged_id=number))
        used = uses(connection, privileged_ids=[number], limit=_FEW)
        people = {id_ for each in held for id_ in (each.delegation.delegate_id, each.delegation.nominated_by)}
        names = knowing.named(connection, people | {each.person_id for each in used})
    if as_json:
        told = {"delegations": [_delegation_json(each, names) for each in held]}
        say_json(
            {**_id_json(found), **told, "uses": [{"id": u.id, "state": u.state, "asked_at": u.asked_at} for u in used]}
        )
        return
    say(*_id_lines(found))
    say(f"代行の指名 {len(held):,}件", *(f"  {line}" for line in _delegation_lines(held, names)))
    say(f"最近の利用 {len(used):,}件", *(f"  {_use_line(each, names)}" for each in used))


def _id_lines(found: PrivilegedId) -> Iterator[str]:
    yield f"特権ID {found.id}  {printable(found.label)}" + ("  廃止" if found.retired_at else "")
    yield f"  目的 {printable(found.purpose)}"
    yield f"  使い方 {MODES[found.mode]}"
    yield f"  代行者は同時に{found.most_holders:,}人まで  緊急利用 {'できる' if found.emergency else 'できない'}"
    yield f"  登録 {knowing.when(found.registered_at)}  変更 {knowing.when(found.changed_at)}" + (
        f"  受付番号 {found.case_id}" if found.case_id else ""
    )


def _use_line(each: Use, names: Mapping[int | None, str]) -> str:
    return f"利用 {each.id}  {knowing.when(each.asked_at)}  {names[each.person_id]}  {each.state.label_ja}"


@click.command("delegations")
@click.option("--all", "everything", is_flag=True, help="終わったもの、効力を失ったものも示します。")
@as_json_option
@click.pass_obj
def delegations_command(desk: Desk, *, everything: bool, as_json: bool) -> None:
    """特権代行の指名を、だれが指名し、だれが承認したかとともに一覧にします。"""
    door, at = knowing.door(desk), desk.store.clock()
    with desk.store.read() as connection:
        found = delegations(connection, at, states=None if everything else _STANDING)
        held = _held(connection, door, at, found)
        ids = {id_ for d in found for id_ in (d.delegate_id, d.nominated_by, d.approved_by)}
        names, register = knowing.named(connection, ids), knowing.registered(connection)
    if as_json:
        say_json([_delegation_json(each, names) for each in held])
        return
    rows = [
        (str(d.id), names[d.delegate_id], "、".join(printable(register[i].label) for i in d.privileged_ids),
         f"{d.valid_from}〜{d.valid_until}", names[d.nominated_by], names[d.approved_by] or "—", each.words)
        for each in held for d in [each.delegation]
    ]  # fmt: skip
    if rows:
        say_table([("番号", "代行者", "特権ID", "期間", "指名", "承認", "状態"), *rows])
    say(f"{len(rows):,}件" if rows else "特権代行の指名はありません。指名は統括の担当者がポータルで行います。")


def _delegation_lines(held: Sequence[_Held], names: Mapping[int | None, str]) -> Iterator[str]:
    for each in held:
        d = each.delegation
        yield f"指名 {d.id}  {names[d.delegate_id]}  {d.valid_from}〜{d.valid_until}  {each.words}"


def _id_json(each: PrivilegedId) -> dict[str, object]:
    return {
        "id": each.id, "system": each.system, "mode": each.mode, "login": each.login, "entitlement": each.entitlement,
        "purpose": each.purpose, "most_holders": each.most_holders, "emergency": each.emergency, "kept": each.kept,
        "case": each.case_id, "registered_at": each.registered_at, "changed_at": each.changed_at,
        "retired_at": each.retired_at,
    }  # fmt: skip


def _delegation_json(each: _Held, names: Mapping[int | None, str]) -> dict[str, object]:
    d = each.delegation
    return {
        "id": d.id, "delegate": names.get(d.delegate_id, ""), "privileged_ids": list(d.privileged_ids),
        "valid_from": d.valid_from, "valid_until": d.valid_until, "state": d.state, "broken": each.broken,
        "nominated_by": names.get(d.nominated_by, ""), "approved_by": names.get(d.approved_by, ""),
        "reason": d.reason, "conditions": d.conditions, "ended_because": d.why_ended,
    }  # fmt: skip
