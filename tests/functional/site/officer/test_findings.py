"""Findings on the officers' pages: a log taken in, what no use explains, and what an officer says to it."""

from datetime import timedelta
from io import BytesIO

from sqlalchemy import select

from iam.access.accounts import AccountKind, account_table
from iam.policy.profile import Role
from iam.privilege.seen.findings import FindingState, findings
from tests.functional.site.given import Browser, City

PAGE = "/office/privilege/findings"


def account_of(city: City, role: Role) -> tuple[str, str]:
    """A system, and the login that the holder of a role has there."""
    person = city.entrant(city.holder(role)).person_id
    columns = account_table.c
    query = select(columns.system, columns.login).where(
        columns.person_id == person, columns.kind == AccountKind.PERSONAL
    )
    with city.store.read() as connection:
        row = connection.execute(query.order_by(columns.system)).first()
    assert row
    return row.system, row.login


def a_log(city: City, *said: str) -> bytes:
    """Lines of an hour ago."""
    at = city.clock.at - timedelta(hours=1)
    return "".join(f"{(at + timedelta(seconds=n)).isoformat()} ap01 {each}\n" for n, each in enumerate(said)).encode()


def sent(browser: Browser, system: str, content: bytes, name: str = "C:\\logs\\auth.log") -> tuple[int, str]:
    answer = browser.send(f"{PAGE}/import", {"system": system, "file": (BytesIO(content), name), "year": ""})
    where = answer.headers.get("Location") or ""
    page = browser.get(where) if where else answer
    return answer.status_code, page.get_data(as_text=True)


def test_an_operator_takes_a_log_in_and_somebody_whom_it_does_not_concern_settles_what_it_shows(city: City) -> None:
    operator, general = city.somebody(Role.OPERATOR), city.somebody(Role.GENERAL_OFFICER)
    system, login = account_of(city, Role.OPERATOR)
    said = f"sudo: {login} : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/usr/bin/id"
    status, page = sent(operator, system, a_log(city, said) + "こわれた行\n".encode())
    assert status == 303
    assert "auth.log 2行目" in page
    assert "日時とホスト名で始まる行ではありません" in page
    assert "新しい指摘が1件" in page
    assert "取込み済み" in sent(operator, system, a_log(city, said) + "こわれた行\n".encode())[1]
    with city.store.read() as connection:
        [found] = findings(connection)
    shown = operator.get(f"{PAGE}/{found.id}").get_data(as_text=True)
    assert "自分に関わる指摘は" in shown
    assert operator.send(f"{PAGE}/{found.id}/settle", {"reason": "作業でした"}).status_code == 403
    assert general.send(f"{PAGE}/{found.id}/settle", {"reason": ""}).status_code == 422
    assert general.send(f"{PAGE}/{found.id}/settle", {"reason": "本人に確かめた"}).status_code == 303
    assert "本人に確かめた" in general.get(f"{PAGE}/{found.id}").get_data(as_text=True)
    with city.store.read() as connection:
        assert not findings(connection, state=FindingState.OPEN)
    assert login in general.get(f"{PAGE}?state=settled&kind=no_use&system={system}").get_data(as_text=True)
    assert "当てはまる指摘はありません" in general.get(f"{PAGE}?state=open").get_data(as_text=True)


def test_a_file_that_is_no_log_is_refused_beside_its_field_and_nothing_is_taken_in(city_sqlite: City) -> None:
    operator = city_sqlite.somebody(Role.OPERATOR)
    system, _ = account_of(city_sqlite, Role.OPERATOR)
    for content, word in ((b"PK\x03\x04" + bytes(50), "圧縮"), (b"", "空です"), (b"ElfFile\0", "途中で切れて")):
        status, page = sent(operator, system, content, "a.log")
        assert (status, word in page) == (422, True)
    assert sent(operator, "nowhere", a_log(city_sqlite, "su: (to root) a on b"))[0] == 422
    with city_sqlite.store.read() as connection:
        assert not findings(connection, state=None)


def test_an_owner_of_systems_sees_the_findings_of_their_own_alone(city_sqlite: City) -> None:
    operator, owner = city_sqlite.somebody(Role.OPERATOR), city_sqlite.somebody(Role.SYSTEM_OWNER)
    said = "sshd[7]: Accepted password for root from 203.0.113.9 port 51023 ssh2"
    for number, system in enumerate(city_sqlite.site.door.model.systems):
        sent(operator, system, a_log(city_sqlite, said) + b"\n" * number)
    with city_sqlite.store.read() as connection:
        every = findings(connection)
    statuses = {each.system: owner.get(f"{PAGE}/{each.id}").status_code for each in every}
    assert set(statuses.values()) == {200, 404}
    listed = owner.get(PAGE).get_data(as_text=True)
    assert [f"{PAGE}/{each.id}" in listed for each in every] == [statuses[each.system] == 200 for each in every]
