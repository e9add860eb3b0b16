"""The vault over real databases: what is kept, what is wiped, what changes when."""

from sqlalchemy import select

from iam.outbox import Topic, unseen
from iam.policy.profile import StaffKind
from iam.privilege import delegating, vault
from iam.privilege.books import secret_table
from iam.privilege.using import UseState
from tests.bodies import row
from tests.entrance import Person
from tests.functional.privilege.conftest import MakeWing
from tests.offices import CONTRACTED, POSTS
from tests.privileged import Wing


def held(wing: Wing, name: str) -> str | None:
    """What the vault could open of an ID."""
    with wing.store.read() as connection:
        number = vault.held_by_target(connection, wing.ids[name].id)
        return None if number is None else vault.Vault(wing.door.keys).open(connection, number)


def sealed(wing: Wing, name: str) -> int:
    """How many secrets of an ID could be opened at all."""
    mine = secret_table.c.privileged_id == wing.ids[name].id, secret_table.c.sealed.is_not(None)
    with wing.store.read() as connection:
        return len(connection.execute(select(secret_table.c.id).where(*mine)).all())


def test_a_kept_secret_changes_after_each_use_on_a_change_of_holder_and_on_suspicion_and_one_alone_is_kept(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("batch")
    seen: list[str | None] = []

    def changed() -> None:
        wing.rounds(4)
        now = held(wing, "batch")
        assert now not in seen
        assert now == wing.gw.secrets["uid=kanri2"]
        assert sealed(wing, "batch") == 1
        seen.append(now)

    changed()  # registered as kept: taken into the vault
    use = wing.opened(wing.ids["batch"])
    shown = wing.reveals(wing.user, use)
    wing.ends(use, wing.user)
    changed()
    assert shown not in seen
    with wing.store.act("test") as act:
        vault.suspect(act, wing.door, wing.ids["batch"].id, wing.operator.id, "付箋に書いてあった")
    changed()
    assert wing.delegation is not None
    with wing.store.act("test") as act:
        delegating.end(act, wing.door, wing.delegation.id, wing.general.id, "異動")
    changed()
    wing.rounds(4)
    assert held(wing, "batch") == seen[-1]


def test_a_secret_that_need_not_be_is_known_to_nobody_after_its_use_and_another_is_made_of_one_refused(
    make_wing: MakeWing,
) -> None:
    wing = make_wing("root")
    refused: list[str] = []

    def acceptable(secret: str) -> bool:
        if len(refused) < 3 and secret not in refused:
            refused.append(secret)
        return bool(secret) and secret not in refused

    wing.gw.acceptable = acceptable
    use = wing.opened(wing.ids["root"])
    shown = wing.reveals(wing.user, use)
    assert shown not in refused
    assert wing.gw.opens("kanri1", shown)
    wing.ends(use, wing.user)
    wing.rounds(3)
    assert wing.now(use).state is UseState.CLOSED
    assert wing.gw.secrets["uid=kanri1"] not in {*refused, shown}
    assert (held(wing, "root"), sealed(wing, "root")) == (None, 0)


def test_a_secret_is_changed_on_suspicion_by_officers_alone_and_not_while_somebody_works(make_wing: MakeWing) -> None:
    wing = make_wing("root", "console")
    assert wing.door.profile.category(CONTRACTED).kind is StaffKind.CONTRACTOR
    said = {"category": CONTRACTED, "valid_until": "2027-03-31", "home_body": "さくら情報"}
    wing.office.settle(row(8, "0101", title_code=POSTS[next(iter(vault.SUSPECTS))], **said))
    contractor = Person(wing.office.hall, wing.office.id_of(8), "0000008", "")

    def suspects(by: Person, name: str = "root", reason: str = "漏れた") -> str:
        with wing.store.act("test") as act:
            return str(vault.suspect(act, wing.door, wing.ids[name].id, by.id, reason))

    assert "担当者" in wing.refused(lambda: suspects(wing.witness))
    assert wing.refused(lambda: suspects(contractor))
    assert "理由" in wing.refused(lambda: suspects(wing.operator, reason=" "))
    assert "パスワードはありません" in wing.refused(lambda: suspects(wing.operator, "console"))
    use = wing.opened(wing.ids["root"])
    assert "利用中" in wing.refused(lambda: suspects(wing.operator))
    wing.ends(use, wing.user)
    wing.rounds(3)
    before = wing.gw.secrets["uid=kanri1"]
    suspects(wing.operator)
    with wing.store.read() as connection:
        told = [each.topic for each in unseen(connection, wing.general.id)]
    assert told.count(Topic.PRIVILEGE_SUSPECTED) == 1
    wing.rounds(2)
    assert wing.gw.secrets["uid=kanri1"] != before
    assert sealed(wing, "root") == 0
