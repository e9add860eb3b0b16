"""`iam reconcile`: what a system really holds, sorted; the marks and links that somebody answers for.

The one law: *looking changes nothing*: the system is read afresh and neither
it nor the ledger is written.
"""

from collections import Counter
from datetime import date

import click

from iam.errors import NotFound
from iam.sync.actual.reconcile import Protection, Sorted, Sorting, link, protect, sort_accounts, unprotect
from iam.sync.actual.strangers import is_member
from web.cli.japanese import DAY, as_json_option
from web.cli.night.lines import A_GROUP
from web.cli.table import say, say_json, say_table
from web.cli.wiring import Desk


@click.command()
@click.argument("system", metavar="システム")
@click.option("--all", "everything", is_flag=True, help="紐付け済のIDも含め、すべて表示します。")
@click.option("--protect", "login", metavar="利用者ID", help="このIDに保護の印を付け、同期が触れないようにします。")
@click.option("--unprotect", "lifted", metavar="利用者ID", help="このIDの保護の印を外します。")
@click.option("--owner", metavar="持ち主", help="保護するIDに責任を持つ人または課。")
@click.option("--reason", metavar="理由", help="保護する理由。")
@click.option("--until", type=DAY, metavar="日付", help="保護の期限（この日まで）。")
@click.option("--link", "linked", metavar="利用者ID", help="このIDを、同じ職員番号の職員のIDとして紐付けます。")
@as_json_option
@click.pass_obj
def reconcile(
    desk: Desk,
    *,
    system: str,
    everything: bool,
    login: str | None,
    lifted: str | None,
    owner: str | None,
    reason: str | None,
    until: date | None,
    linked: str | None,
    as_json: bool,
) -> None:
    """システムにある利用者IDを読み、台帳と照らし合わせて分類します。

    \b
    例:
      iam reconcile portal
      iam reconcile portal --protect backup --owner 情報政策課 \\
          --reason バックアップ用 --until 2027-03-31
      iam reconcile portal --unprotect backup
      iam reconcile portal --link s000123

    印のあるIDにもう一度 --protect を指定すると、新しい印に替わります。付け外しは証跡に残ります。
    """
    if lifted is not None:
        if linked or login or owner or reason or until:
            raise click.UsageError("--unprotect は、--protect などと一緒に指定できません。")
        _unprotect(desk, system, lifted)
        return
    if linked is not None:
        if login is not None:
            raise click.UsageError("--link と --protect は一緒に指定できません。")
        _link(desk, system, linked)
        return
    if login is None and (owner or reason or until):
        raise click.UsageError("--owner、--reason、--until は --protect と一緒に指定します。")
    if login is not None:
        if not (owner and reason and until):
            raise click.UsageError("--protect には --owner、--reason、--until がすべて必要です。")
        _protect(desk, system, Protection(login, owner, reason, until))
        return
    _sort(desk, system, everything=everything, as_json=as_json)


def _sort(desk: Desk, system: str, *, everything: bool, as_json: bool) -> None:
    target = desk.target(system)
    # Read to its end before anything is compared: half a reading would show accounts as missing.
    batches = list(target.read(frozenset()))
    found = [account for batch in batches for account in batch.accounts]
    groups = [group for batch in batches for group in batch.groups]
    with desk.store.read() as connection:
        placed = list(sort_accounts(connection, system, found, groups, desk.today))
    if as_json:
        say_json({"system": system, "counts": _counts(placed), "accounts": [_json(each) for each in placed]})
        return
    counts = _counts(placed)
    say(f"{desk.deployment.model.systems[system].name}（{system}）  ID {len(found):,}")
    say_table([(f"  {kind.label_ja}", f"{counts[kind]:,}") for kind in Sorting if counts[kind]])
    for kind in Sorting:
        if kind is not Sorting.LINKED or everything:
            _tell(kind, [each for each in placed if each.sorting is kind], None if everything else A_GROUP)


def _protect(desk: Desk, system: str, protection: Protection) -> None:
    account = desk.target(system).find(protection.login)
    with desk.store.act(desk.actor) as act:
        # A group or a DN elsewhere that holds an entitlement is no account, and is marked by its whole name.
        if account is None and not is_member(act.connection, system, protection.login):
            raise _not_there(system, protection.login)
        protect(act, system, protection, desk.today)
    say(f"{system} {protection.login} に保護の印を付けました（{protection.until} まで）。同期はこのIDに触れません。")


def _link(desk: Desk, system: str, login: str) -> None:
    account = desk.target(system).find(login)
    if account is None:
        raise _not_there(system, login)
    with desk.store.exclusive("sync"), desk.store.act(desk.actor) as act:
        link(act, system, account, desk.today)
    say(f"{system} {account.login} を職員番号 {account.link} の職員に紐付けました。権限は次の同期で合わせます。")


def _not_there(system: str, login: str) -> NotFound:
    return NotFound(f"システム「{system}」に利用者ID「{login}」はありません。")


def _unprotect(desk: Desk, system: str, login: str) -> None:
    with desk.store.act(desk.actor) as act:
        unprotect(act, system, login, desk.today)
    say(f"{system} {login} の保護の印を外しました。次の同期から、このIDもほかと同じに扱います。")


def _counts(placed: list[Sorted]) -> Counter[Sorting]:
    return Counter(each.sorting for each in placed)


def _tell(kind: Sorting, placed: list[Sorted], most: int | None) -> None:
    if not placed:
        return
    say(f"■ {kind.label_ja} {len(placed):,}件")
    shown = placed if most is None else placed[:most]
    say_table([(each.login, each.staff_number or "-", _state(each), each.words) for each in shown], "  ")
    if len(shown) < len(placed):
        say(f"  ほか {len(placed) - len(shown):,}件（--all で全件を表示します）")


def _state(each: Sorted) -> str:
    if each.sorting is Sorting.MISSING:
        return "-"
    return "有効" if each.enabled else "停止"


def _json(each: Sorted) -> dict[str, object]:
    return {
        "sorting": each.sorting, "login": each.login, "native_id": each.native_id, "enabled": each.enabled,
        "staff_number": each.staff_number, "words": each.words,
    }  # fmt: skip
