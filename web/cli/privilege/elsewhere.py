"""Verbs about privileged IDs that the console does not even prepare, and where they are done.

The one law: *an account of the operating system proves no person* (R13, R17, design law 4), and a terminal keeps what
it showed: the register is asked for where its form is, and a secret is shown in the portal only, once.
"""

from collections.abc import Iterator
from typing import Final

import click

from iam.errors import Forbidden
from web.cli.privilege import knowing
from web.cli.wiring import Desk

_WHERE: Final = (
    ("register", "特権IDの登録・変更・廃止の申請", "/office/privilege/ids"),
    ("reveal", "パスワードの表示", "/privilege"),
)


def _refusing(name: str, words: str, path: str) -> click.Command:
    @click.command(
        name, short_help=f"{words}は、ポータルで行います。", context_settings={"ignore_unknown_options": True}
    )
    @click.argument("rest", nargs=-1, metavar="", type=click.UNPROCESSED)
    @click.pass_obj
    def refuse(desk: Desk, *, rest: tuple[str, ...]) -> None:
        del rest
        place = knowing.page(desk, path)
        raise Forbidden(
            f"{words}は、セキュリティキーで本人を確かめるため、ポータルで行います。{place} を開いてください。"
        )

    refuse.help = (
        f"{words}は、ポータルの {path} で行います。\n\n"
        "コマンドを実行したOSのアカウントでは、だれが行ったかを確かめられないためです。"
    )
    return refuse


def commands() -> Iterator[click.Command]:
    """One command for each verb, which says where it is done and ends with 2."""
    for each in _WHERE:
        yield _refusing(*each)
