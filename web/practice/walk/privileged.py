"""Privileged IDs in the demo: their accounts on the practice OpenLDAP, and what happened before the visitor came.

The one law: *the worker opens and closes them*: `iam worker`, which the demo has started, sets what is set on the
OpenLDAP, and this only waits for it.
"""

import time
from collections.abc import Collection
from secrets import token_urlsafe
from typing import Final

import click
from ldap3 import MODIFY_REPLACE

from iam.people.ledger import persons_by_number
from iam.policy.profile import Role
from iam.privilege import using
from iam.privilege.using import UseState
from iam.record.store import Store
from iam.signin.door import Door
from web.practice.configuration import suffix
from web.practice.portal.privileged import WISHES, Parts, Practice, Staged
from web.practice.portal.visitors import Cast, Visitor, Way
from web.practice.walk.stage import CannotGoOn, Stage

LOCKED: Final = "000001010000Z"
"""Locked for ever, as ppolicy writes it."""

_PATIENCE: Final = 60
_LOOK: Final = 0.2
"""Seconds between two looks at what the worker has done."""


def placed(stage: Stage) -> None:
    """The accounts that the IDs name, locked, each with a password that nobody knows: as a body finds its own."""
    for system, wish in WISHES.items():
        if not wish.login:
            continue
        entry = f"uid={wish.login},ou=people,{suffix(system)}"
        said = {"cn": wish.login, "sn": wish.login, "userPassword": token_urlsafe(24)}
        with stage.slapd.connection(suffix(system)) as admin:
            admin.add(entry, ["inetOrgPerson"], said)
            admin.modify(entry, {"pwdAccountLockedTime": [(MODIFY_REPLACE, [LOCKED])]})


def played(store: Store, door: Door, cast: Cast) -> Staged:
    """Registered, delegated, used once with a witness and once in an emergency; one nomination waits.

    Raises:
        CannotGoOn: when the worker does not open or close one in time.
    """

    def number(who: Visitor) -> int:
        with store.read() as connection:
            return persons_by_number(connection, [who.number])[who.number]

    def settle(id_: int, states: Collection[UseState]) -> None:
        end = time.monotonic() + _PATIENCE
        while True:
            with store.read() as connection:
                found = using.use(connection, id_)
            if found.state in states:
                return
            if time.monotonic() > end:
                raise CannotGoOn(f"特権IDの利用 {id_} が「{found.state.label_ja}」のまま進みません。")
            time.sleep(_LOOK)

    parts = Parts(
        general=number(cast.one(Role.GENERAL_OFFICER)), approver=number(cast.one(Role.APPROVER)),
        delegate=number(cast.one(Role.OPERATOR)), witness=number(cast.one(None, Way.APP)),
    )  # fmt: skip
    return Practice(store, door, parts, settle).play()


def told(staged: Staged) -> None:
    """What is there now."""
    click.echo(f"  特権ID {len(staged.ids)} 件を台帳に載せ、代行 {staged.live.id} を承認し、二度使って閉じました。")
    click.echo(f"  緊急利用 {staged.emergency} は事後の承認を、代行の指名 {staged.waiting.id} は承認を待っています。")
