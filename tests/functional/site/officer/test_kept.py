"""The register of kept IDs on the officers' pages."""

from datetime import timedelta

from iam.access.kept.books import kept_id_table
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.keeping import keep, retire
from iam.access.kept.members import join, leave
from iam.access.kept.register import KeptKind, kept_id, members_of
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


def test_an_owner_keeps_what_is_theirs_up_to_date(city_sqlite: City) -> None:
    city = city_sqlite
    owner, operator = city.somebody(Role.SYSTEM_OWNER), city.somebody(Role.OPERATOR)
    mine, theirs = owned(city)
    first, other = kept(city, mine, "madoguchi"), kept(city, theirs, "batch01")
    user, today = city.entrant(city.plain()), jst_day(city.clock())

    def sent(browser: Browser, deed: str, status: int = 303, id_: int = first, **form: object) -> str:
        answer = browser.send(f"{PAGE}/{id_}/{deed}", {name: str(value) for name, value in form.items()})
        assert answer.status_code == status, (deed, answer.status_code)
        return answer.get_data(as_text=True)

    sent(owner, "join", number=user.staff_number, on=today)
    assert "すでに登録されています" in sent(owner, "join", 409, number=user.staff_number, on=today)
    assert "台帳にいません" in sent(owner, "join", 422, number="99999999", on=today)
    sent(owner, "leave", who=user.person_id, on=today)
    sent(owner, "secret", on=today)
    assert "今日までの日" in sent(owner, "secret", 409, on=today + timedelta(days=1))
    sent(owner, "keeper", number=city.holder(Role.OPERATOR), reason="係の異動")
    assert "すでに" in sent(owner, "keeper", 409, number=city.holder(Role.OPERATOR), reason="係の異動")
    sent(owner, "secret", 404, id_=other, on=today)
    sent(owner, "retire", 403, reason="廃止")
    with city.store.read() as connection:
        found, (member,) = kept_id(connection, first), members_of(connection, [first])[first]
    assert (found.secret_changed_on, found.keeper_id) == (today, city.entrant(city.holder(Role.OPERATOR)).person_id)
    assert (member.person_id, member.valid_until) == (user.person_id, today)
    sent(operator, "retire", reason="端末の更新")
    assert "外されています" in sent(operator, "retire", 409, reason="端末の更新")
    assert all(word not in text(operator, f"{PAGE}/{first}") for word in ("/retire", "/secret"))
