"""What may be opened from the portal, and what is told of coming in from outside."""

from datetime import date

from iam.access.places import permissions
from iam.access.places.permissions import Terms
from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.signin.desk import issuing
from iam.signin.tokens import asking
from iam.signin.tokens.clients import Draft
from iam.signin.tokens.details import ClientKind, Detail, ForwardDetail, OidcDetail, SamlDetail
from tests.functional.site.given import City


def test_systems_are_opened_from_the_portal_with_what_stands_in_the_way(city: City) -> None:
    officers = [city.entrant(city.holder(role)) for role in (Role.OPERATOR, Role.APPROVER)]
    system = next(iter(city.door.model.systems))
    details: dict[str, tuple[ClientKind, Detail]] = {
        "kintai": (ClientKind.FORWARD, ForwardDetail(origin="https://kintai.example")),
        "juki": (ClientKind.OIDC, OidcDetail(redirect_uris=("https://a.example/cb",), start_uri="https://a.example/in")),
        "hidden": (ClientKind.OIDC, OidcDetail(redirect_uris=("https://b.example/cb",))),
        "zaimu": (
            ClientKind.SAML,
            SamlDetail(entity_id="urn:sp", acs=("https://c.example/acs",), unsolicited=True),
        ),
    }  # fmt: skip
    for code, (kind, detail) in details.items():
        with city.store.act("test") as act:
            draft = Draft(code, kind, system, f"連携 {code}", detail)
            case = asking.ask_new(act, city.door, officers[0], draft, reason="更改")
        issuing.confirm(city.store, city.door, officers[1], case.id, case.content_hash)
    staff = city.somebody()
    page = staff.get("/access", headers={"X-Forwarded-For": "10.20.1.5"}).get_data(as_text=True)
    for words in ('href="https://kintai.example/"', 'href="https://a.example/in"', 'name="client" value="zaimu"'):
        assert words in page
    assert "連携 hidden" not in page
    assert "いまは入れません" not in page
    page = staff.get("/access", headers={"X-Forwarded-For": "203.0.113.9"}).get_data(as_text=True)
    assert "いまは入れません" in page, "nobody has placed this address"


def test_a_permission_for_outside_shows_its_end(city_sqlite: City) -> None:
    who, client = city_sqlite.entrant(city_sqlite.plain()), city_sqlite.somebody()
    today = jst_day(city_sqlite.clock())
    assert "庁外からの利用" not in client.get("/access").get_data(as_text=True)
    with city_sqlite.store.act("test") as act:
        terms = Terms(None, public=True, valid_from=today, valid_until=date(2026, 12, 24))
        permissions.give(act, who.person_id, terms, reason="在宅勤務", clause="SAKURA-8.2.8", case_id=None)
    page = client.get("/access").get_data(as_text=True)
    assert "令和8年12月24日（木）まで、庁外から使う許可があります（理由: 在宅勤務）。公衆回線も使えます。" in page
