"""Who may never touch a privileged ID, whatever role they hold.

The one law: *contractors, development and machine identities neither make, change, use, reset nor unlock a privileged
ID by any route* (OITA-S8.2.1.3d, R14): the staff category decides, above roles, deputies and delegations; a category
that nobody knows decides the same.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from iam.errors import Forbidden, NotFound
from iam.office.roles import OFFICER_KINDS
from iam.people.ledger import people
from iam.policy.profile import Profile, StaffKind
from iam.record.columns import jst_day
from iam.signin.door import Door

BARRED = "この職員区分（外部の事業者・開発用・システム用など）では、特権IDの登録・変更・指名・承認・利用はできません。"
"""What whoever is barred reads."""


def why_barred(connection: Connection, door: Door, person_id: int, at: datetime) -> Forbidden | None:
    """What bars this person at `at`, or None: any post of the day in a barred category, or no post at all."""
    person = next(people(connection, [person_id]), None)
    if person is None:
        return Forbidden("台帳にいない職員は、特権IDを扱えません。")
    posts = door.offices.standing(person, jst_day(at)).posts
    return barred_by(kind_of(door.profile, post.entry.told.category) for post in posts)


def barred_by(kinds: Iterable[StaffKind | None]) -> Forbidden | None:
    """The same of the kinds of somebody's posts; None among them: a category that the profile does not know."""
    found = set(kinds)
    if not found:
        return Forbidden("いま在職していない職員は、特権IDを扱えません。")
    return Forbidden(BARRED) if found - OFFICER_KINDS else None


def kind_of(profile: Profile, category: str) -> StaffKind | None:
    """What an identity of this staff category is; None where the profile has no such category."""
    try:
        return profile.category(category).kind
    except NotFound:
        return None
