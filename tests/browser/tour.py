"""Every page of the portal, and every moment that no address leads to: for whoever judges or photographs them.

The one law: *no page is left out*: the addresses come from the site's own table,
and one that asks for something (a person, a plan, a device) must find it here.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Final

from playwright.sync_api import Browser, FilePayload, Page, expect
from werkzeug.routing import Rule

from iam.access import returns, suspensions
from iam.access.suspensions import Suspension, What
from iam.office import deputies
from iam.office.cases import Case, CaseKind
from iam.office.deputies import Wish
from iam.outbox import Topic, tell
from iam.policy.profile import Role
from iam.ports import TokenSeed
from iam.record.columns import jst_day
from iam.signin.desk import issuing, lending, suspending
from iam.signin.desk.deeds import Officer
from iam.signin.door import Entrant, entrant
from iam.signin.factors import authenticators, codes, stock
from iam.signin.factors.totp import begin as begin_totp
from iam.signin.tokens import asking
from tests.browser import entry
from tests.browser.changes import Changes, furnish_changes
from tests.browser.chromium import DESKTOP, Watch, opened
from tests.browser.city import AGENT, City
from tests.browser.entry import Entry, furnish_entry
from tests.browser.kept import furnish_kept
from tests.browser.privilege import Privilege, furnish_privilege, privileged_at
from tests.browser.review import Reviews, furnish_reviews
from tests.browser.using import InUse, furnish_using, moments_of
from web.practice.portal.browser import Browser as Visit
from web.practice.portal.visitors import Visitor, Way
from web.practice.walk.opening import signs_in
from web.site.access import DOORS, TABLE, Access, Who
from web.site.app import Site, create_app
from web.site.face.assets import Assets

OK: Final = 200
_NO_PAGES: Final = frozenset(
    {"static", "health.healthz", "health.readyz", "password.well_known", "privileged_use.state", "review_sheets.cells"}
)
_ELSEWHERE: Final = frozenset({"factor.page", "leave.unlock", *DOORS})
"""Pages that only a step leads to; they stand among the moments."""


@dataclass(frozen=True)
class Furnished:
    """A city in which there is something to see on every page.  `staff`: whose things they are."""

    city: City
    staff: Visitor
    desk_case: int
    deputy_case: int
    deputy: int
    block: int
    stopped: Suspension
    factor: int
    pending: int
    session: int
    entry: Entry
    changes: Changes
    privilege: Privilege
    in_use: InUse
    kept: int
    reviews: Reviews

    @property
    def person(self) -> int:
        """The member of staff, in the ledger."""
        return self.city.id_of(self.staff)

    def path(self, rule: Rule, role: Role | None) -> str:
        """An address of `rule` that shows something to whoever holds `role`.

        Fails when the page asks for something that is not here.
        """
        given = {**self._given(role), **self._asks(rule.endpoint, role)}
        path = str(rule.rule)
        for name in rule.arguments:
            assert (rule.endpoint, name) in given, f"{rule} asks for {name}: give it a place in tests/browser/tour.py"
            path = re.sub(rf"<(?:\w+:)?{name}>", str(given[rule.endpoint, name]), path)
        return path + self._queries(role).get(rule.endpoint, "")

    def _given(self, role: Role | None) -> Mapping[tuple[str, str], object]:
        case = self.desk_case if role in {Role.HR_OFFICER, Role.OPERATOR} else self.deputy_case
        return {
            ("cases.one", "id_"): case, ("deciding.page", "id_"): case, ("deciding.decline", "id_"): case,
            ("deputies.withdraw", "id_"): self.deputy, ("returns.lifted", "id_"): self.block,
            ("suspensions.one", "id_"): self.stopped.id,
            ("plans.one", "id_"): self.city.plan, ("release.page", "id_"): self.city.plan,
            ("app.scan", "id_"): self.pending, ("app.confirm", "id_"): self.pending,
            ("access.return_account", "system"): "groupware", ("access.return_right", "system"): "juki",
            ("access.return_right", "right"): "search", ("person_acts.lost", "factor_id"): self.factor,
            ("person_acts.end_session", "session_id"): self.session,
            ("configuration.one", "id_"): self.changes.draft, ("configuration_asks.page", "id_"): self.changes.draft,
            ("permissions.withdraw", "id_"): self.entry.permission, ("client_asks.new", "kind"): "oidc",
            ("kept.one", "id_"): self.kept,
            **{(f"kept_deeds.{deed}", "id_"): self.kept for deed in ("keeper", "secret", "join", "leave", "retire")},
            **privileged_at(self.privilege),
            **self.in_use.at(),
            **self.reviews.at(role),
        }  # fmt: skip

    def _asks(self, endpoint: str, role: Role | None) -> Mapping[tuple[str, str], object]:
        blueprint = endpoint.partition(".")[0]
        if blueprint in {"person", "person_acts", "suspending"}:
            # An approver looks after officers alone.
            other = self.city.id_of(self.city.cast.one(Role.OPERATOR))
            stopped = {"suspending.restore": self.stopped.person_id}
            return {(endpoint, "id_"): stopped.get(endpoint, other if role is Role.APPROVER else self.person)}
        return {(endpoint, "id_"): self.factor} if blueprint == "factors" else {}

    def _queries(self, role: Role | None) -> Mapping[str, str]:
        # An approver lends to officers alone.
        borrower = self.city.cast.one(Role.OPERATOR) if role is Role.APPROVER else self.staff
        return {
            "people.page": "?q=" + self.staff.name[:1], "tokens.one": "?serial=TK-000001",
            "token_moves.lend": f"?serial=TK-000003&number={borrower.number}",
            "token_moves.give_back": "?serial=TK-000002", "token_moves.lost": "?serial=TK-000002",
            "token_moves.resync": "?serial=TK-000002",
            "token_moves.restock": "?serial=TK-000004", "token_moves.destroy": "?serial=TK-000004",
            "terminals.one": f"?code={entry.AT_DESK}", "terminal_books.change": f"?code={entry.AT_DESK}",
            "terminal_moves.lend": f"?code={entry.KEPT}", "terminal_moves.prolong": f"?code={entry.LENT}",
            "terminal_moves.give_back": f"?code={entry.LENT}", "terminal_moves.use": f"?code={entry.KEPT}",
            "terminal_moves.keep": f"?code={entry.AT_DESK}", "terminal_moves.lost": f"?code={entry.LENT}",
            "terminal_moves.found": f"?code={entry.LOST}", "terminal_moves.retire": f"?code={entry.KEPT}",
            "clients.one": f"?code={entry.GATE}", "client_asks.change": f"?code={entry.CLIENT}",
            "client_asks.secret": f"?code={entry.VPN}", "client_asks.stop": f"?code={entry.GATE}",
            "client_asks.again": f"?code={entry.STOPPED}",
            "decide.page": f"?number={self.staff.number}&system={entry.SYSTEM}&address=203.0.113.9&proofs=password",
            "permissions.page": "?which=all", "review_lines.page": "?which=all",
        }  # fmt: skip


def furnish(city: City) -> Furnished:
    """Let things happen, by the verbs of whoever does them, so that no list is empty."""
    staff = city.newcomer(Way.APP)
    id_ = city.id_of(staff)
    _came_in(city, staff)
    with city.store.act("test") as act:
        codes.issue_recovery(act, city.door.keys, id_)
        pending = begin_totp(act, city.door.keys, id_, "新しい電話", issuer="さくら市", account=staff.number).id
        block = returns.give_back(act, id_, "finance", "entry", reason="担当が替わったため", clause="SAKURA-8.2.2")
        tell(act, id_, "", Topic.PASSWORD_CHANGED, {"at": act.at})
    desk_case = _asked(city, _officer(city, Role.GENERAL_OFFICER), CaseKind.TEMPORARY_CODE, id_)
    waiting, deputy = _deputies(city)
    _tokens(city, _officer(city, Role.OPERATOR), id_)
    with city.store.read() as connection:
        held = authenticators.of_person(connection, id_)
    factor = next(each.id for each in held if each.active and each.lasting)
    session = city.session_for(staff)[1]
    asker, decider = _officer(city, Role.OPERATOR), _officer(city, Role.APPROVER)
    entered = furnish_entry(city, asker, decider, _entrant(city, id_))
    changes = furnish_changes(city, asker)
    in_use = furnish_using(city, staff)
    privilege = furnish_privilege(city)
    return Furnished(
        city,
        staff,
        desk_case,
        waiting,
        deputy,
        block,
        _stopped(city),
        factor,
        pending,
        session,
        entered,
        changes,
        privilege,
        in_use,
        furnish_kept(city, id_),
        furnish_reviews(city),
    )


def _came_in(city: City, staff: Visitor) -> None:
    """They mistyped the password, came in, and went out again."""
    with Visit(city.origin, agent=AGENT) as browser:
        browser.get("/login")
        browser.send(number=staff.number, password="not this one")
        signs_in(browser, staff)
        assert browser.signed_in
        browser.send(action="/logout")


def _stopped(city: City) -> Suspension:
    """Somebody whom the general officer has suspended; whoever reads only of what they were told was told."""
    who, organisation = city.id_of(city.newcomer(Way.APP)), city.deployment.organisation
    chief = Officer(city.store, city.door, organisation, _officer(city, Role.GENERAL_OFFICER))
    found = suspending.suspend(chief, who, "規程違反の調査のため（決裁 6総第12号）").suspension
    cast = {city.id_of(each): each.role for each in city.cast.visitors if each.role}
    with city.store.act("test") as act:
        known = {each.person_id for each in suspensions.receipts(act.connection, [found.id])}
        for id_ in sorted(cast.keys() - known):
            suspensions.told(act, found.id, What.SUSPENDED, str(cast[id_]), [id_])
    return found


def _entrant(city: City, person_id: int) -> Entrant:
    with city.store.read() as connection:
        return entrant(connection, city.door, person_id, city.store.clock())


def _officer(city: City, role: Role) -> Entrant:
    return _entrant(city, city.id_of(city.cast.one(role)))


def _asked(city: City, officer: Entrant, kind: CaseKind, subject: int) -> int:
    with city.store.act("test") as act:
        return issuing.ask_for(act, city.door, officer, kind, subject, reason="職員証で本人を確かめた").id


def _deputies(city: City) -> tuple[int, int]:
    """One who waits for confirmation (the case), and one who was confirmed (the assignment)."""
    first, deciding = jst_day(city.store.clock()), _officer(city, Role.APPROVER)
    waiting, _ = _proposed(city, Role.SYSTEM_OWNER, first)
    case, deputy = _proposed(city, Role.GENERAL_OFFICER, first)
    issuing.confirm(city.store, city.door, deciding, case.id, case.content_hash)
    with city.store.read() as connection:
        given = deputies.assignments(connection, since=first, person_id=deputy)
    return waiting.id, given[0].id


def _proposed(city: City, role: Role, first: date) -> tuple[Case, int]:
    """Whoever holds a role asks for a deputy of their own; the deputy."""
    asker, deputy = _officer(city, role).person_id, city.id_of(city.newcomer(Way.PASSWORD))
    wish = Wish(deputy, role, asker, first, deputies.last_day(first))
    with city.store.act("test") as act:
        return deputies.propose(act, city.door.offices, asker, wish, "長期の出張のため"), deputy


def _tokens(city: City, operator: Entrant, borrower: int) -> None:
    """Four devices: two in the cupboard, one lent, one brought back and not looked at yet."""
    keeper = Officer(city.store, city.door, city.deployment.organisation, operator)
    seeds = [TokenSeed(f"TK-{number:06}", bytes([number] * 20), model="C100") for number in range(1, 5)]
    with city.store.act("test") as act:
        stock.take_in(act, city.door.keys, seeds, "2026年度購入分")
    lending.lend(keeper, "TK-000002", borrower)
    lending.lend(keeper, "TK-000004", borrower)
    lending.give_back(keeper, "TK-000004")


# --- the scenes


@dataclass(frozen=True)
class Scene:
    """One page as somebody sees it.  `name`: of the page, and for a picture; `arrive` brings a browser there."""

    name: str
    who: Visitor | None
    arrive: Callable[[Page], None]
    status: int = OK
    address: bool = False
    """Whether an address alone leads there, so that going again changes nothing."""


def pages(found: Furnished) -> Iterator[Scene]:
    """Every address of the table, as everybody who may come there sees it."""
    city = found.city
    cast: dict[Role | None, Visitor] = {Role(each.role): each for each in city.cast.visitors if each.role}
    cast[None] = found.staff
    for rule in sorted(routes(city), key=lambda each: str(each.rule)):
        access = TABLE[rule.endpoint]
        for role, who in cast.items():
            if _sees(access, role):
                nobody = access.who is Who.ANYBODY
                yield Scene(rule.endpoint, None if nobody else who, _goes(found.path(rule, role), city), address=True)


def routes(city: City) -> list[Rule]:
    """Every address that shows a page by itself."""
    portal = city.deployment.settings.portal
    assert portal
    app = create_app(Site(city.store, city.door, city.deployment, portal, Assets("test")))
    skipped = _NO_PAGES | _ELSEWHERE
    return [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in skipped]


def _sees(access: Access, role: Role | None) -> bool:
    """Staff's own pages are looked at by staff alone: they are the same for officers."""
    return role in access.roles if access.roles else role is None


def _goes(path: str, city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(city.origin + path)

    return arrive


def moments(found: Furnished) -> Iterator[Scene]:
    """What only a step leads to: halves of a sign-in, duties, refusals, things shown once."""
    city, staff = found.city, found.staff
    yield Scene("login.wrong", None, _wrong_password(city), 422)
    for way in ("totp", "token", "recovery"):
        yield Scene(f"factor.{way}", None, _half_done(city, staff, way))
    yield Scene("leave.unlock", city.newcomer(Way.APP), _locked(city))
    yield Scene("problem.missing", staff, _goes("/no-such-page", city), 404)
    yield Scene("problem.forbidden", staff, _goes("/office", city), 403)
    yield Scene("countdown", staff, _counting_down(city))
    yield Scene("menu", staff, _menu(city, staff))
    yield Scene("english", staff, _english(city))
    yield Scene("codes.shown", staff, _new_codes(city))
    yield Scene("rename.empty", staff, _empty_name(city, found.factor), 422)
    officer = city.cast.one(Role.HR_OFFICER)
    yield Scene("slip", officer, _slip(city, found.desk_case))
    yield Scene("people.none", officer, _goes("/office/people?q=zzzz", city))
    yield from _about_entry(found)
    for each in moments_of(found.in_use, staff):
        yield Scene(each.name, each.who, each.arrive, each.status)


def _about_entry(found: Furnished) -> Iterator[Scene]:
    """Coming into systems: refusals, what two officers decide about a system, forms by door, a list shown first."""
    city, staff, entered = found.city, found.staff, found.entry
    approver, operator = city.cast.one(Role.APPROVER), city.cast.one(Role.OPERATOR)
    yield Scene("refused", staff, _goes(entered.refusal, city), 403)
    yield Scene("refused.over", staff, _goes(f"/auth/over?app={entry.GATE}", city))
    yield Scene("prove.more", staff, _goes("/prove?next=/access&kinds=2&resistant=1", city))
    yield Scene("leave.asked", staff, _goes(f"/oauth/logout?client_id={entry.CLIENT}", city))
    yield Scene("cases.client", approver, _goes(f"/office/cases/{entered.change}", city))
    yield Scene("deciding.client", approver, _goes(f"/office/cases/{entered.change}/decide", city))
    yield Scene("deciding.outside", approver, _goes(f"/office/cases/{entered.ask_outside}/decide", city))
    for name, case in (("configuration", found.changes.case), ("keys", found.changes.keys)):
        yield Scene(f"cases.{name}", operator, _goes(f"/office/cases/{case}", city))
        yield Scene(f"deciding.{name}", approver, _goes(f"/office/cases/{case}/decide", city))
    yield Scene("clients.oidc", operator, _goes(f"/office/clients/one?code={entry.CLIENT}", city))
    for kind in ("forward", "radius", "terminal", "saml"):
        yield Scene(f"client_asks.{kind}", operator, _goes(f"/office/clients/new/{kind}", city))
    yield Scene("terminals.import", operator, _list(city))
    yield Scene("clients.secret", approver, _secret(city, operator))


def _types_password(page: Page, city: City, number: str, password: str) -> None:
    page.goto(f"{city.origin}/login")
    page.get_by_label("職員番号").fill(number)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインイン", exact=True).click()


def _wrong_password(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        _types_password(page, city, "99999999", "not the password of anybody")
        expect(page.locator(".field__error")).to_be_visible()

    return arrive


def _half_done(city: City, who: Visitor, way: str) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        _types_password(page, city, who.number, who.password)
        page.wait_for_url("**/login/factor")
        page.goto(f"{city.origin}/login/factor?way={way}")

    return arrive


def _locked(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(city.origin)
        page.get_by_role("button", name="画面をロックする").click()
        page.wait_for_url("**/unlock**")

    return arrive


def _counting_down(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.clock.install()
        page.goto(city.origin)
        left = int(page.locator("#countdown").get_attribute("data-left") or "")
        page.clock.fast_forward(1000 * (left - 90))
        expect(page.get_by_role("alertdialog")).to_be_visible()

    return arrive


def _menu(city: City, who: Visitor) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(city.origin)
        page.locator("summary").filter(has_text=who.name).click()

    return arrive


def _english(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(city.origin)
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")

    return arrive


def _new_codes(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/factors/codes")
        page.get_by_role("button", name="回復コードを作り直す").click()
        expect(page.locator("#codes")).to_be_visible()

    return arrive


def _empty_name(city: City, factor: int) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/factors/{factor}/name")
        page.get_by_label("名前").fill("")
        page.get_by_role("button", name="変更する").click()
        expect(page.locator(".field__error")).to_be_visible()

    return arrive


def _slip(city: City, case: int) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/office/cases/{case}/decide")
        page.get_by_label("申請した担当者と内容を確かめました").check()
        page.get_by_role("button", name="確認して実行する").click()
        expect(page.locator(".slip__secret")).to_be_visible()

    return arrive


def _list(city: City) -> Callable[[Page], None]:
    zone = city.door.profile.zones[0].label
    rows = f"管理番号,名称,領域\n{entry.KEPT},予備機2,{zone}\nPC-0100,新しい端末,{zone}\n"

    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/office/terminals/import")
        chosen: FilePayload = {"name": "端末.csv", "mimeType": "text/csv", "buffer": rows.encode()}
        page.get_by_label("CSVファイル").set_input_files(chosen)
        page.get_by_role("button", name="内容を確かめる").click()
        expect(page.get_by_text("まだ何も取り込んでいません")).to_be_visible()

    return arrive


def _secret(city: City, operator: Visitor) -> Callable[[Page], None]:
    with city.store.act("test") as act:
        asker = _entrant(city, city.id_of(operator))
        case = asking.ask_secret(act, city.door, asker, entry.VPN, former_days=7, reason="年に一度の更新")

    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/office/cases/{case.id}/decide")
        page.get_by_label("申請した担当者と内容を確かめました").check()
        page.get_by_role("button", name="確認して実行する").click()
        expect(page.locator("#secret")).to_be_visible()

    return arrive


# --- going there


_ALONE: Final = frozenset({"countdown", "english", "leave.unlock", "codes.shown", "privileged_ask.english"})
"""Scenes that leave a browser otherwise than they found it."""


class Tour(AbstractContextManager["Tour"]):
    """Browsers of everybody who is needed, each signed in when first wanted; what goes wrong in them is noted."""

    def __init__(self, browser: Browser, city: City) -> None:
        self.watches: list[Watch] = []
        self._browser, self._city = browser, city
        self._open = ExitStack()
        self._pages: dict[str, Page] = {}

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def shown(self, scene: Scene) -> Page:
        """The page of a scene, as it stands there, at 1280 px."""
        page = self._page(scene)
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        scene.arrive(page)
        return page

    def faults(self) -> list[str]:
        """What went wrong so far, and was not named by its scene."""
        return [fault for watch in self.watches for fault in watch.unexpected()]

    def _page(self, scene: Scene) -> Page:
        usual = scene.who is not None and scene.status == OK and scene.name not in _ALONE
        key = scene.who.number if scene.who and usual else ""
        if key in self._pages and key:
            return self._pages[key]
        context = self._open.enter_context(opened(self._browser))
        self.watches.append(Watch.over(context))
        if scene.status != OK:
            self.watches[-1].expects(f"status of {scene.status}")
        page = self._pages[key] = context.new_page()
        if scene.who is not None:
            self._city.signed_in(page, scene.who)
        return page
