"""The review with 人事 in the demo: what hands left on the practice OpenLDAP, a review by the operator's command, and
what others have answered before the visitor comes.

The one law: *the command opens it*: what is planted is planted on the directory, and the review finds it there.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

import click

from iam.office import cases, deputies
from iam.office.deputies import Wish
from iam.office.roles import STAFF
from iam.people.ledger import persons_by_number
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin.door import Door
from web.practice.configuration import suffix
from web.practice.portal.privileged import FINANCE
from web.practice.portal.reviewed import PLANTED, Parts, Practice
from web.practice.portal.visitors import Cast
from web.practice.walk.stage import SETTLED, CannotGoOn, Stage, heading


def begun(stage: Stage) -> int:
    """Plant, and open the review of the quarter; its number."""
    heading(
        9,
        "棚卸を始める",
        "財務会計に、台帳にないID、共用のID、試験用のIDが作られていました。すべての情報システムを読んで、見つけます。",
    )
    for login in PLANTED:
        with stage.slapd.connection(suffix(FINANCE)) as admin:
            admin.add(f"uid={login},ou=people,{suffix(FINANCE)}", ["inetOrgPerson"], {"cn": login, "sn": login})
    said = stage.run("iam review open", expect=SETTLED)
    if not (found := re.search(r"棚卸 (\d+)", said)):
        raise CannotGoOn("棚卸の番号が表示されませんでした。")
    return int(found[1])


def played(store: Store, door: Door, cast: Cast, id_: int) -> None:
    """人事, an owner and the general officer answer some of it; the rest is left."""
    roles = (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.SYSTEM_OWNER, Role.OPERATOR, Role.APPROVER)
    with store.read() as connection:
        numbers = [cast.one(role).number for role in roles]
        ids = persons_by_number(connection, numbers)
    general, hr, owner, operator, approver = (ids[number] for number in numbers)
    known = {each: number for number, each in ids.items()}
    # The city has one of each, and nobody answers about themselves.
    for role, holder, deputy in ((Role.GENERAL_OFFICER, general, operator), (Role.HR_OFFICER, hr, owner)):
        _deputised(store, door, Wish(deputy, role, holder, *_month(store)), known, approver)
    Practice(store, door, Parts(general, hr, owner), id_).play()
    click.echo(f"  棚卸 {id_} に、人事、情報システムの責任者、統括が、一部を回答しました。残りは画面で答えられます。")


def _month(store: Store) -> tuple[date, date]:
    today = jst_day(store.clock())
    return today, today + timedelta(days=30)


def _deputised(store: Store, door: Door, wish: Wish, numbers: Mapping[int, str], approver: int) -> None:
    """The holder asks, the approver confirms.  `numbers`: person -> staff number."""
    holder = wish.deputises_id or 0
    with store.act(f"{STAFF}{numbers[holder]}") as act:
        case = deputies.propose(act, door.offices, holder, wish, "棚卸で、本人についても答えるため")
    with store.act(f"{STAFF}{numbers[approver]}") as act:
        cases.confirm(
            act, door.offices, case.id, decided_by=approver, seen_hash=case.content_hash,
            carry_out=lambda act, of: deputies.take_effect(act, door.offices, of),
        )  # fmt: skip
