"""The review with 人事 in the demo: what hands left on the practice OpenLDAP, a review by the operator's command, and
what others have answered before the visitor comes.

The one law: *the command opens it*: what is planted is planted on the directory, and the review finds it there.
"""

import re

import click

from iam.people.ledger import persons_by_number
from iam.policy.profile import Role
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
    roles = (Role.GENERAL_OFFICER, Role.HR_OFFICER, Role.SYSTEM_OWNER)
    with store.read() as connection:
        numbers = [cast.one(role).number for role in roles]
        ids = persons_by_number(connection, numbers)
    general, hr, owner = (ids[number] for number in numbers)
    Practice(store, door, Parts(general, hr, owner), id_).play()
    click.echo(f"  棚卸 {id_} に、人事、情報システムの責任者、統括が、一部を回答しました。残りは画面で答えられます。")
