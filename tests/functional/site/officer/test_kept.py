"""The register of kept IDs on the officers' pages."""

from datetime import timedelta

from iam.access.kept.books import kept_id_table
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.keeping import keep, retire
from iam.access.kept.members import join, leave
from iam.access.kept.register import KeptKind, kept_id
from iam.office.roles import holdings_of, systems_of, units_of
from iam.policy.profile import Role
from iam.record.columns import jst_day
from tests.functional.site.given import Browser, City

PAGE = "/office/kept"


def text(browser: Browser, page: str = PAGE, status: int = 200) -> str:
    answer = browser.get(page)
    assert answer.status_code == status, (page, answer.status_code)
    return answer.get_data(as_text=True)


def kept(city: City, system: str, login: str, **said: object) -> int:
    rules = Rules.of(city.door.profile, city.door.model)
    given = Particulars(system, login, **{"kind": KeptKind.SHARED, "purpose": "窓口の端末", **said})  # type: ignore[arg-type] # its fields
    with city.store.act("test") as act:
        return keep(act, rules, given, gaps_allowed=True).id


def owned(city: City) -> tuple[str, str]:
    """A system of the owner's own, and one of somebody else."""
    owner, door, today = city.entrant(city.holder(Role.SYSTEM_OWNER)), city.door, jst_day(city.clock())
    with city.store.read() as connection:
        held = holdings_of(connection, door.offices, [owner.person_id], today)[owner.person_id]
    organisation = city.site.deployment.organisation
    mine = systems_of(door.model, organisation, units_of(held, Role.SYSTEM_OWNER), today)
    return mine[0], next(code for code in door.model.systems if code not in mine)


def test_whoever_looks_finds_what_is_wrong_and_an_owner_only_their_own(city_sqlite: City) -> None:
    city = city_sqlite
    operator, owner = city.somebody(Role.OPERATOR), city.somebody(Role.SYSTEM_OWNER)
    assert "台帳にIDはまだありません" in text(operator)
    mine, theirs = owned(city)
    keeper, user = city.entrant(city.holder(Role.OPERATOR)), city.entrant(city.plain())
    today = jst_day(city.clock())
    first = kept(city, mine, "madoguchi", keeper_id=keeper.person_id, secret_changed_on=today - timedelta(days=9))
    other = kept(city, theirs, "batch01", kind=KeptKind.SERVICE)
    with city.store.act("test") as act:
        found = kept_id(act.connection, first)
        join(act, found, user.person_id, today - timedelta(days=30))
        leave(act, found, user.person_id, today - timedelta(days=2))
        act.connection.execute(kept_id_table.update().values(valid_until=today - timedelta(days=1)))

    shown = text(operator)
    for words in (
        "madoguchi", "batch01", keeper.staff_number, "管理者がいない", "期限が過ぎている",
        "使わなくなった人がパスワードを知っている",
    ):  # fmt: skip
        assert words in shown, words
    for who, query, hidden in (
        (operator, f"?q={keeper.staff_number}", "batch01"), (operator, "?kind=service&which=keeper", "madoguchi"),
        (operator, f"?system={theirs}", "madoguchi"), (operator, "?kind=test", "madoguchi"), (owner, "", "batch01"),
    ):  # fmt: skip
        assert hidden not in text(who, PAGE + query), query

    one = text(owner, f"{PAGE}/{first}")
    assert (user.staff_number in one, "パスワードを知っている" in one) == (True, True)
    text(owner, f"{PAGE}/{other}", 404)
    text(operator, f"{PAGE}/999", 404)
    with city.store.act("test") as act:
        retire(act, kept_id(act.connection, other), "廃止")
    assert "台帳から外した" in text(operator, f"{PAGE}/{other}")
    assert "batch01" not in text(operator)
