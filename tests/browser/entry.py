"""Terminals, connected systems, permissions and decisions in the city: so that none of their pages is empty.

The one law: *by the verbs of whoever does them*, as in tour.py.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from urllib.parse import urlsplit

from iam.access.places import permissions, register
from iam.access.places.permissions import Terms
from iam.access.places.register import Known, Particulars
from iam.access.places.terminals import TerminalKind
from iam.office import outside
from iam.office.cases import Case
from iam.office.outside import Wish
from iam.record.columns import jst_day
from iam.signin.deciding.facts import Knock, Whence, explain, judge
from iam.signin.desk import issuing
from iam.signin.door import Entrant
from iam.signin.tokens import asking
from iam.signin.tokens.clients import Draft
from iam.signin.tokens.details import ClientKind, ForwardDetail, OidcDetail, RadiusDetail, SamlDetail, TerminalDetail
from tests.browser.city import City
from web.doors.forward.elsewhere import refused_at

SYSTEM: Final = "juki"
OFFICE: Final = "groupware"
CLIENT: Final = "juki-web"
GATE: Final = "kintai"
VPN: Final = "vpn"
CLOSED: Final = "juki-machi"
STOPPED: Final = "old-portal"
AT_DESK, LENT, LOST, KEPT = "PC-0001", "TB-0001", "PC-0003", "PC-0004"


@dataclass(frozen=True)
class Entry:
    """What can be looked at.  `refusal`: a page of the portal that says why not; `change`: a case that waits."""

    permission: int
    refusal: str
    change: int
    ask_outside: int


def furnish_entry(city: City, asker: Entrant, decider: Entrant, holder: Entrant) -> Entry:
    """Terminals in every state, clients by every door, a permission of each sort, decisions of each outcome."""
    _terminals(city, holder)
    for draft in _drafts():
        _confirmed(city, decider, _asked(city, asker, draft))
    with city.store.act("test") as act:
        stop = asking.ask_stop(act, city.door, asker, STOPPED, reason="新しい仕組みに移ったため")
    _confirmed(city, decider, stop)
    with city.store.act("test") as act:
        change = asking.ask_change(act, city.door, asker, _changed(), reason="画面のアドレスが変わるため")
    permission, waiting = _permissions(city, asker, decider, holder)
    return Entry(permission, _decided(city, holder), change.id, waiting)


def _terminals(city: City, holder: Entrant) -> None:
    known, zone = Known.of(city.door.profile, city.door.model), city.door.profile.zones[0].code
    with city.store.act("test") as act:
        for code, name, kind, tasks, more in (
            (AT_DESK, "市民課 窓口1番", TerminalKind.PC, (SYSTEM,), {"mac": "001a2b3c4d01", "certificate": "ab" * 32}),
            (LENT, "貸出用タブレット1", TerminalKind.TABLET, (), {"mac": "001a2b3c4d02", "outside": True}),
            (LOST, "税務課 3番", TerminalKind.PC, (), {"mac": "001a2b3c4d03"}),
            (KEPT, "予備機", TerminalKind.PC, (), {"address": "10.9.9.9"}),
        ):
            given = Particulars(code, name, kind, zone, tasks, **more)
            register.register(act, known, given, in_use=code != KEPT)
        register.lend(act, LENT, holder.person_id, jst_day(act.at) + timedelta(days=14))
        register.report_lost(act, LOST, "出張先で失くした")


def _drafts() -> list[Draft]:
    kintai = "https://kintai.city.example"
    return [
        Draft(
            CLIENT, ClientKind.OIDC, SYSTEM, "住民記録（Web）",
            OidcDetail(redirect_uris=("https://juki.city.example/callback", "https://juki2.city.example/callback"),
                       logout_uri="https://juki.city.example/logout", scopes=("profile", "groups")),
        ),
        Draft(GATE, ClientKind.FORWARD, OFFICE, "勤怠管理", ForwardDetail(origin=kintai)),
        Draft(CLOSED, ClientKind.FORWARD, SYSTEM, "住民記録", ForwardDetail(origin="https://juki-machi.city.example")),
        Draft(VPN, ClientKind.RADIUS, OFFICE, "リモートアクセス",
              RadiusDetail.model_validate({"addresses": ["10.1.0.10"], "devices": {"vpn-1": OFFICE}})),
        Draft("madoguchi", ClientKind.TERMINAL, SYSTEM, "窓口端末",
              TerminalDetail.model_validate({"addresses": ["10.1.0.0/24"]})),
        Draft("zaimu", ClientKind.SAML, "finance", "財務会計パッケージ",
              SamlDetail(entity_id="https://zaimu.city.example/sp", acs=("https://zaimu.city.example/acs",),
                         attributes={"uid": "login", "cn": "name"})),
        Draft(STOPPED, ClientKind.FORWARD, OFFICE, "旧ポータル", ForwardDetail(origin="https://old.city.example")),
    ]  # fmt: skip


def _changed() -> Draft:
    detail = OidcDetail(redirect_uris=("https://juki.city.example/v2/callback",), scopes=("profile", "groups"))
    return Draft(CLIENT, ClientKind.OIDC, SYSTEM, "住民記録（Web）", detail)


def _asked(city: City, asker: Entrant, draft: Draft) -> Case:
    with city.store.act("test") as act:
        return asking.ask_new(act, city.door, asker, draft, reason="情報システムの更改のため")


def _confirmed(city: City, decider: Entrant, case: Case) -> None:
    issuing.confirm(city.store, city.door, decider, case.id, case.content_hash)


def _permissions(city: City, asker: Entrant, decider: Entrant, holder: Entrant) -> tuple[int, int]:
    """One that holds (the permission), one that was taken back, and one that waits (the case)."""
    today = jst_day(city.store.clock())
    over = _proposed(city, asker, holder, today, "災害時の連絡のため", public=False)
    _confirmed(city, decider, over)
    with city.store.read() as connection:
        first = permissions.live(connection, holder.person_id, today)[0].id
    with city.store.act("test") as act:
        outside.withdraw(act, city.door.offices, first, asker.person_id, "訓練が終わった")
    _confirmed(city, decider, _proposed(city, asker, holder, today, "在宅勤務のため", public=False))
    with city.store.read() as connection:
        held = permissions.live(connection, holder.person_id, today)[0].id
    return held, _proposed(city, asker, holder, today, "出張先から確認するため", public=True).id


def _proposed(city: City, asker: Entrant, holder: Entrant, first: date, reason: str, *, public: bool) -> Case:
    wish = Wish(holder.person_id, Terms(None, public, first, first + timedelta(days=90)))
    with city.store.act("test") as act:
        return outside.propose(act, city.door.offices, asker.person_id, wish, reason)


def _decided(city: City, who: Entrant) -> str:
    """Somebody knocked here and there; the address at which they read why not."""
    at, nobody = city.store.clock(), Whence("203.0.113.9")
    for system, whence, by in (
        (SYSTEM, nobody, "forward"),
        (SYSTEM, nobody, "oidc"),
        (OFFICE, Whence("10.1.0.5"), "radius"),
    ):
        judge(city.store, city.door, Knock(who, None, system, whence, at, by=by))
    decision = explain(city.store, city.door, Knock(who, None, SYSTEM, nobody, at))
    address = urlsplit(refused_at(city.origin, CLOSED, decision, city.store.keys, at))
    return f"{address.path}?{address.query}"
