"""A system is connected by two officers: one asks, a head confirms what stood there, and a secret is shown once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from iam.errors import Conflict, Forbidden, IamError, NotFound
from iam.office import cases
from iam.office.books import case_table
from iam.office.cases import Case
from iam.policy.profile import Role
from iam.record.act import Act
from iam.record.audit.chain import audit_record
from iam.record.columns import canonical_json
from iam.signin.desk import issuing
from iam.signin.door import Entrant, entrant
from iam.signin.tokens import asking
from iam.signin.tokens.books import client_table
from iam.signin.tokens.clients import (
    Client,
    ClientKind,
    ClientState,
    Draft,
    OidcDetail,
    Secret,
    authenticate,
    client_of,
    clients,
)
from iam.signin.tokens.details import detail_of
from iam.signin.tokens.issued import TokenKind, find, issue
from tests.bodies import row
from tests.entrance import Person
from tests.offices import POSTS, Office

CALLBACK = "https://gw.sakura.test/cb"
Ask = Callable[[Act, Entrant], Case]


def a_draft(code: str = "gw", **changed: Any) -> Draft:  # noqa: ANN401 - fields of a draft or of its detail
    detail = {"redirect_uris": [CALLBACK], "logout_uri": "https://gw.sakura.test/bye", **changed.pop("detail", {})}
    agreed = detail_of(ClientKind.OIDC, detail)
    return Draft(**{
        "code": code, "kind": ClientKind.OIDC, "system": "gw", "name": "グループウェア", "detail": agreed, **changed,
    })  # fmt: skip


class Table:
    """Officers around a table: who asks for what, who confirms."""

    def __init__(self, office: Office) -> None:
        self.office, self.store, self.door = office, office.store, office.hall.door
        officers = enumerate((Role.OPERATOR, Role.GENERAL_OFFICER, Role.APPROVER, Role.HR_OFFICER), start=1)
        office.settle(*(row(number, title_code=POSTS[role]) for number, role in officers))
        self.operator, self.head, self.approver, self.hr = (
            Person(office.hall, office.id_of(number), f"{number:07}", "") for number in range(1, 5)
        )

    def known(self, person: Person) -> Entrant:
        with self.store.read() as connection:
            return entrant(connection, self.door, person.id, self.office.hall.clock())

    def asks(self, ask: Ask, by: Person | None = None) -> Case:
        officer = self.known(by or self.operator)
        with self.store.act(f"staff:{officer.staff_number}") as act:
            return ask(act, officer)

    def new(self, draft: Draft, by: Person | None = None) -> Case:
        return self.asks(lambda act, me: asking.ask_new(act, self.door, me, draft, reason="導入"), by)

    def change(self, draft: Draft) -> Case:
        return self.asks(lambda act, me: asking.ask_change(act, self.door, me, draft, reason="移転"))

    def secret(self, days: int) -> Case:
        return self.asks(lambda act, me: asking.ask_secret(act, self.door, me, "gw", former_days=days, reason="定期"))

    def stop(self) -> Case:
        return self.asks(lambda act, me: asking.ask_stop(act, self.door, me, "gw", reason="廃止"))

    def again(self) -> Case:
        return self.asks(lambda act, me: asking.ask_again(act, self.door, me, "gw", reason="再開"))

    def confirms(self, case: Case, by: Person | None = None) -> str:
        """What is shown to whoever confirmed."""
        made = issuing.confirm(self.store, self.door, self.known(by or self.head), case.id, case.content_hash)
        assert made is None or isinstance(made, Secret)
        assert made is None or made.text not in repr(made)
        return made.text if made else ""

    def client(self) -> Client:
        with self.store.read() as connection:
            found = client_of(connection, "gw")
        assert found
        return found

    def knows(self, secret: str, code: str = "gw") -> bool:
        with self.store.read() as connection:
            return authenticate(connection, code, secret, self.office.hall.clock()) is not None


@pytest.fixture
def table(office: Office) -> Table:
    return Table(office)


def test_what_one_asked_for_and_a_head_confirmed_is_what_there_is(table: Table) -> None:
    draft = a_draft(entitlement="mail")
    case = table.new(draft)
    with table.store.read() as connection:
        assert clients(connection) == [], "nothing is there before somebody else agreed"

    secret = table.confirms(case)

    client = table.client()
    assert (client.detail, client.system, client.entitlement, client.state) == (
        draft.detail, "gw", "mail", ClientState.ACTIVE,
    )  # fmt: skip
    assert client.agreed(OidcDetail).redirect_uris == (CALLBACK,)
    assert client.case_id == case.id
    assert len(secret) >= 43, "256 bits"
    assert table.knows(secret)
    assert not any(table.knows(wrong) for wrong in ("", secret[:-1], secret + "x", secret.lower()))
    assert not table.knows(secret, "zei")


def test_a_secret_stands_nowhere_but_before_whoever_confirmed(table: Table) -> None:
    secret = table.confirms(table.new(a_draft()))
    with table.store.read() as connection:
        for each in (client_table, case_table, audit_record):
            assert secret not in str(connection.execute(select(each)).all())
        hashed = connection.execute(select(client_table.c.secret_hash)).scalar_one()
        assert hashed not in str(connection.execute(select(audit_record)).all())
    ((actor, _, detail),) = table.office.hall.audited("client.registered")
    assert actor == f"staff:{table.head.number}"
    assert CALLBACK in detail


def test_nobody_connects_a_system_alone_or_without_the_role(table: Table) -> None:
    with pytest.raises(Forbidden, match="申請する権限"):
        table.new(a_draft(), by=table.hr)
    with pytest.raises(Forbidden, match="申請する権限"):
        table.new(a_draft(), by=table.approver)
    case = table.new(a_draft(), by=table.head)
    for somebody, said in {
        table.head.id: "自分が申請",
        table.operator.id: "確認する権限",
        table.hr.id: "確認する権限",
    }.items():
        with pytest.raises(Forbidden, match=said):
            table.confirms(case, by=Person(table.office.hall, somebody, "", ""))
    assert table.confirms(case, by=table.approver)


def test_what_was_changed_after_it_was_asked_for_is_void(table: Table) -> None:
    case = table.new(a_draft())
    elsewhere = {**case.content, "detail": {**case.content["detail"], "redirect_uris": ["https://evil.test/cb"]}}
    with table.store.act("test") as act:
        act.connection.execute(update(case_table).where(case_table.c.id == case.id).values(content=elsewhere))
    with pytest.raises(Conflict, match="内容が変わって"):
        table.confirms(case)
    with table.store.read() as connection:
        assert clients(connection) == []


def test_a_case_holds_for_the_client_that_its_asker_saw(table: Table) -> None:
    table.confirms(table.new(a_draft()))
    case = table.change(a_draft(detail={"redirect_uris": ["https://new.sakura.test/cb"]}))
    with pytest.raises(Conflict, match="すでに確認を待って"):
        table.stop()
    with table.store.act("test") as act:  # as by another case, confirmed before this one
        act.connection.execute(update(client_table).values(changed_at=act.at + timedelta(seconds=1)))
    with pytest.raises(Conflict, match="申請のあとで"):
        table.confirms(case)
    assert table.client().agreed(OidcDetail).redirect_uris == (CALLBACK,)


def test_a_change_is_the_whole_new_state_and_keeps_the_secret(table: Table) -> None:
    secret = table.confirms(table.new(a_draft()))
    draft = a_draft(name="新グループウェア", detail={"logout_uri": "", "refresh": True})
    assert table.confirms(table.change(draft)) == ""
    client = table.client()
    assert (client.name, client.detail) == ("新グループウェア", draft.detail)
    assert table.knows(secret)
    with table.store.read() as connection:
        assert connection.execute(select(client_table.c.logout_uri)).scalar_one() == ""
    assert canonical_json(draft.content) in table.office.hall.audited("client.changed")[0][2]


def test_a_new_secret_and_the_former_one_work_side_by_side_for_the_days_that_were_agreed(table: Table) -> None:
    first = table.confirms(table.new(a_draft()))
    second = table.confirms(table.secret(7))
    assert first != second
    assert (table.knows(first), table.knows(second)) == (True, True)
    table.office.hall.clock.on(days=6, hours=23)
    assert table.knows(first)
    table.office.hall.clock.on(hours=1)
    assert (table.knows(first), table.knows(second)) == (False, True)


def tokens_of(table: Table) -> list[str]:
    with table.store.act("test") as act:
        return [issue(act, TokenKind.REQUEST, table.client(), life=timedelta(hours=1), detail={}) for _ in range(2)]


def found(table: Table, token: str) -> bool:
    with table.store.read() as connection:
        return find(connection, TokenKind.REQUEST, token, table.office.hall.clock()) is not None


def test_a_secret_that_is_known_to_somebody_is_dead_at_once_with_every_token(table: Table) -> None:
    first = table.confirms(table.new(a_draft()))
    tokens = tokens_of(table)
    second = table.confirms(table.secret(0))
    assert (table.knows(first), table.knows(second)) == (False, True)
    assert not any(found(table, each) for each in tokens)


def test_a_client_that_was_stopped_is_served_no_more_until_two_say_so_again(table: Table) -> None:
    secret = table.confirms(table.new(a_draft()))
    tokens = tokens_of(table)
    table.confirms(table.stop())
    assert not table.knows(secret)
    assert not any(found(table, each) for each in tokens)
    with pytest.raises(Conflict, match="すでに停止"):
        table.stop()
    table.confirms(table.again())
    assert table.knows(secret)
    assert not any(found(table, each) for each in tokens), "what was revoked stays so"


def test_who_keeps_no_secret_is_given_none(table: Table) -> None:
    assert table.confirms(table.new(a_draft(public=True))) == ""
    assert not table.knows("")
    with pytest.raises(Conflict, match="シークレットを使わない"):
        table.secret(0)


def test_what_does_not_fit_the_body_cannot_be_asked_for(table: Table) -> None:
    address = {"addresses": ["192.0.2.1"]}
    terminal = detail_of(ClientKind.TERMINAL, address)
    radius = detail_of(ClientKind.RADIUS, {**address, "devices": {"vpn": "nowhere"}})
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"code": "GW"}, "クライアントIDは"),
        ({"code": "x"}, "クライアントIDは"),
        ({"code": "a/b"}, "クライアントIDは"),
        ({"name": "　"}, "名前を入力"),
        ({"system": "nowhere"}, "情報システム nowhere"),
        ({"entitlement": "nothing"}, "権限 nothing"),
    ]
    drafts = [(a_draft(**changed), said) for changed, said in wrong]
    drafts.append((Draft("t1", ClientKind.TERMINAL, "gw", "端末", terminal, public=True), "シークレットなし"))
    drafts.append((Draft("r1", ClientKind.RADIUS, "gw", "VPN", radius), "情報システム nowhere"))
    for draft, said in drafts:
        with pytest.raises(Conflict, match=said):
            table.new(draft)


def test_one_origin_is_one_application_and_never_our_own(table: Table) -> None:
    def at(origin: str, code: str) -> Draft:
        return Draft(code, ClientKind.FORWARD, "gw", "旧システム", detail_of(ClientKind.FORWARD, {"origin": origin}))

    table.confirms(table.new(at("https://app.sakura.test", "app1")))
    with pytest.raises(Conflict, match="app1 がすでに使って"):
        table.new(at("https://app.sakura.test", "app2"))
    with pytest.raises(Conflict, match="鍵守自身"):
        table.new(at(table.door.origin, "app2"))
    first = table.new(at("https://two.sakura.test", "app2"))
    second = table.new(at("https://two.sakura.test", "app3"))
    table.confirms(first)
    with pytest.raises(Conflict, match="app2 がすでに使って"):
        table.confirms(second)


def test_a_code_is_given_once_and_kind_and_secrecy_stay(table: Table) -> None:
    table.confirms(table.new(a_draft()))
    with pytest.raises(Conflict, match="すでに使われて"):
        table.new(a_draft())
    with pytest.raises(Conflict, match="変えられません"):
        table.change(a_draft(public=True))
    refusals: list[tuple[Ask, type[IamError]]] = [
        (lambda act, me: asking.ask_stop(act, table.door, me, "zei", reason=""), NotFound),
        (lambda act, me: asking.ask_again(act, table.door, me, "gw", reason=""), Conflict),
        (lambda act, me: asking.ask_secret(act, table.door, me, "gw", former_days=31, reason=""), Conflict),
        (lambda act, me: asking.ask_secret(act, table.door, me, "gw", former_days=-1, reason=""), Conflict),
    ]
    for ask, refusal in refusals:
        with pytest.raises(refusal):
            table.asks(ask)
    with table.store.read() as connection:
        assert cases.waiting(connection, table.office.hall.clock()) == []


def test_a_name_by_which_a_system_says_who_it_is_is_never_two_clients(table: Table) -> None:
    def named(code: str, entity_id: str) -> Draft:
        detail = detail_of(ClientKind.SAML, {"entity_id": entity_id, "acs": ["https://gw.sakura.test/acs"]})
        return Draft(code, ClientKind.SAML, "gw", "グループウェア", detail)

    raced = table.new(named("other", "https://gw.sakura.test/sp"))
    table.confirms(table.new(named("gw", "https://gw.sakura.test/sp")))
    for refused in (lambda: table.confirms(raced), lambda: table.new(named("third", "https://gw.sakura.test/sp"))):
        with pytest.raises(Conflict, match="連携先 gw がすでに使っています"):
            refused()
    table.confirms(table.change(named("gw", "https://gw.sakura.test/new")))
    table.confirms(table.new(named("third", "https://gw.sakura.test/sp")))
