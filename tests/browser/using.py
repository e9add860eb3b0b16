"""Privileged IDs in the hands of staff: so that none of their pages is empty.

The one law: *by the verbs of whoever does them*, as in tour.py.  No worker runs here; what it would do is done before
anything that must stay as it is.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from playwright.sync_api import Page, expect
from sqlalchemy import update

from iam.policy.profile import Role
from iam.privilege import console
from iam.privilege.books import use_table
from iam.privilege.register import Mode
from iam.privilege.using import Acting, Use, confirm_record, end, leave, withdraw, write_record
from iam.signin.door import hash_of
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import session_table
from tests.browser.city import City
from tests.ward import Ward
from web.practice.portal.browser import SESSION
from web.practice.portal.visitors import Visitor, Way

LOGINS: Final = ("juki-hoshu", "zaimu-hoshu", "juki-db", "zaimu-db", "juki-net", "zaimu-net", "juki-os")
"""Two systems in turn, so that no cap is reached; the last is for emergencies."""

RECORD: Final = "ディスクの容量を20GB増やし、業務の画面が開くことを確かめた。"


@dataclass(frozen=True)
class InUse:
    """What can be looked at.  Of the staff: `open`, `over` (its record is due), `told` (confirmed).  Of a colleague,
    with the staff as witness: `watched`, `to_confirm`; and `requested`, which waits for one."""

    city: City
    ward: Ward
    ids: tuple[int, ...]
    user: Acting
    peer: Acting
    open: int
    over: int
    told: int
    watched: int
    to_confirm: int
    requested: int
    entrusted: int
    prepared: int

    def at(self) -> dict[tuple[str, str], object]:
        """What each page asks for: endpoint and name to a number."""
        here = "id_"
        return {
            ("privileged_ask.page", here): self.ids[4], ("privileged_use.page", here): self.open,
            ("privileged_witness.page", here): self.watched, ("privileged_record.write", here): self.over,
            ("privileged_record.confirm", here): self.to_confirm, ("privileged_record.line_of", here): self.told,
            ("privileged_return.page", here): self.entrusted, ("privileged_console.deed", here): self.prepared,
        }  # fmt: skip


def furnish_using(city: City, staff: Visitor) -> InUse:
    """Delegations of the staff and of a colleague, and uses of each sort."""
    head, operator, approver = (
        city.id_of(city.cast.one(role)) for role in (Role.GENERAL_OFFICER, Role.OPERATOR, Role.APPROVER)
    )
    ward = Ward(city.store, city.door, head, operator, approver)
    people = city.id_of(staff), city.id_of(city.newcomer(Way.APP))
    user, peer = (ward.acting(each, ward.gives_card(each)) for each in people)
    ids = tuple(
        ward.registers(
            login, system=login.partition("-")[0].replace("zaimu", "finance"), purpose="サーバーとデータベースの保守",
            mode=Mode.ENABLE if "net" in login else Mode.SECRET, emergency=login == LOGINS[-1],
        )
        for login in LOGINS
    )  # fmt: skip
    entrusted = ward.delegates(user.id, ids, "作業は、事前に課長に伝える。").id
    ward.delegates(peer.id, ids)
    told = _over(ward, user, peer, ids[0], RECORD)
    with peer.attempt("confirm_record", f"use {told}") as act:
        confirm_record(act, peer, told)
    over = _over(ward, user, peer, ids[1], "")
    to_confirm = _over(ward, peer, user, ids[2], RECORD)
    opened = _opened(ward, user, peer, ids[0])
    watched = _opened(ward, peer, user, ids[3])
    requested = ward.asked(peer, ids[4], "通信機器の設定の確認").id
    prepared = console.recognise(user, _prepared(ward, user, ids[4]))
    assert isinstance(prepared, console.ConsoleDeed)
    return InUse(
        city, ward, ids, user, peer, opened.id, over, told, watched.id, to_confirm, requested, entrusted, prepared.id
    )  # fmt: skip


def _prepared(ward: Ward, user: Acting, on: int) -> str:
    """The code of what somebody's console has prepared for the user."""
    content = {"privileged_id": on, "purpose": "通信機器の設定の確認", "decision_number": "情第8号", "minutes": 30}
    with ward.store.act("unyou") as act:
        return console.prepare(act, ward.door, console.Draft(console.Verb.ASK, user.id, content, "unyou"))[1]


def _opened(ward: Ward, user: Acting, witness: Acting, on: int) -> Use:
    asked = ward.asked(user, on, "年度更新のプログラムを入れるため")
    ward.joined(witness, asked)
    ward.works()
    return asked


def _over(ward: Ward, user: Acting, witness: Acting, on: int, record: str) -> int:
    use = _opened(ward, user, witness, on)
    with user.attempt("end", use.subject) as act:
        end(act, ward.door, use.id, user.id)
    ward.works()
    if record:
        with user.attempt("write_record", use.subject) as act:
            write_record(act, user, use.id, record)
    return use.id


# --- moments that an address alone does not lead to


@dataclass(frozen=True)
class Moment:
    """One of them, for tour.py to make a scene of."""

    name: str
    who: Visitor
    arrive: Callable[[Page], None]
    status: int = 200


def moments_of(found: InUse, staff: Visitor) -> Iterator[Moment]:
    """What a use looks like from its request to its end, and what stands where there is nothing."""
    city = found.city
    stranger = city.newcomer(Way.APP)
    yield Moment("privileged.none", stranger, _goes(city, "/privilege"))
    yield Moment("privileged_ask.none", stranger, _goes(city, "/privilege/ask"))
    yield Moment("privileged_ask.emergency_none", stranger, _goes(city, "/privilege/emergency"))
    yield Moment("privileged_ask.wrong", staff, _sent_empty(found), 422)
    yield Moment("privileged_ask.english", staff, _in_english(found))
    yield Moment("privileged_console.open", staff, _by_code(found))
    yield Moment("privileged_console.wrong", staff, _wrong_code(city), 422)
    yield Moment("privileged_witness.request", staff, _goes(city, f"/privilege/witness/{found.requested}"))
    yield Moment("privileged_use.over", staff, _goes(city, f"/privilege/uses/{found.over}"))
    yield Moment("privileged_use.told", staff, _goes(city, f"/privilege/uses/{found.told}"))
    yield Moment("privileged_use.secret", staff, _secret(found))
    yield Moment("privileged_use.shown", staff, _goes(city, f"/privilege/uses/{found.open}"))
    yield Moment("privileged_use.paused", staff, _left(found))
    yield Moment("privileged_witness.paused", staff, _paused_beside(found))
    yield from _from_asked_to_closing(found, staff)


def _from_asked_to_closing(found: InUse, staff: Visitor) -> Iterator[Moment]:
    """One use; each moment goes on from the one before it."""
    asked: list[Use] = []

    def step(deed: Callable[[], Use], place: str = "uses") -> Callable[[Page], None]:
        def arrive(page: Page) -> None:
            asked.append(deed())
            page.goto(f"{found.city.origin}/privilege/{place}/{asked[-1].id}")

        return arrive

    def ended() -> Use:
        with found.user.attempt("end", asked[-1].subject) as act:
            return end(act, found.ward.door, asked[-1].id, found.user.id)

    def taken_back() -> Use:
        made = found.ward.asked(found.user, found.ids[6], "間違えた申請")
        with found.user.attempt("withdraw", made.subject) as act:
            withdraw(act, found.user, made.id)
        return made

    asking = step(lambda: found.ward.asked(found.user, found.ids[5], "通信機器の設定を変えるため"))
    yield Moment("privileged_use.asked", staff, asking)
    yield Moment("privileged_witness.own", staff, step(lambda: asked[-1], "witness"))
    yield Moment("privileged_use.opening", staff, step(lambda: found.ward.joined(found.peer, asked[-1])))
    yield Moment("privileged_use.closing", staff, step(ended))
    yield Moment("privileged_use.withdrawn", staff, step(taken_back))


def _goes(city: City, path: str) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(city.origin + path)

    return arrive


def _by_code(found: InUse) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        with found.city.store.read() as connection:
            before = console.open_deeds(connection, found.user.id, found.city.store.clock())
        for each in before:  # no more than a few wait for one person
            if each.id != found.prepared:
                console.cancel(found.user, each.id)
        page.goto(f"{found.city.origin}/privilege/console")
        page.get_by_label("確認コード").fill(_prepared(found.ward, found.user, found.ids[5]))
        page.get_by_role("button", name="内容を見る").click()
        expect(page.get_by_role("button", name="内容のとおり確定する")).to_be_visible()

    return arrive


def _wrong_code(city: City) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{city.origin}/privilege/console")
        page.get_by_label("確認コード").fill("AAAA-AAAA")
        page.get_by_role("button", name="内容を見る").click()
        expect(page.locator(".field__error")).to_be_visible()

    return arrive


def _left(found: InUse) -> Callable[[Page], None]:
    """The witness leaves the use of the staff."""

    def arrive(page: Page) -> None:
        with found.peer.attempt("leave", f"use {found.open}") as act:
            leave(act, found.peer, found.open)
        page.goto(f"{found.city.origin}/privilege/uses/{found.open}")

    return arrive


def _paused_beside(found: InUse) -> Callable[[Page], None]:
    """The staff has left the use of the colleague and looks at it again."""

    def arrive(page: Page) -> None:
        with found.user.attempt("leave", f"use {found.watched}") as act:
            leave(act, found.user, found.watched)
        page.goto(f"{found.city.origin}/privilege/witness/{found.watched}")

    return arrive


def _sent_empty(found: InUse) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{found.city.origin}/privilege/ask/{found.ids[5]}")
        page.get_by_role("button", name="申請する").click()
        expect(page.locator(".field__error")).to_be_visible()

    return arrive


def _in_english(found: InUse) -> Callable[[Page], None]:
    def arrive(page: Page) -> None:
        page.goto(f"{found.city.origin}/privilege")
        page.get_by_role("button", name="English").click()
        expect(page.locator("html")).to_have_attribute("lang", "en")

    return arrive


def _secret(found: InUse) -> Callable[[Page], None]:
    """The browser's session becomes that which asked, with a key; nothing but a walk through all pages would do so."""

    def arrive(page: Page) -> None:
        page.goto(f"{found.city.origin}/privilege")
        token = next(each["value"] for each in page.context.cookies() if each["name"] == SESSION)
        proofs = Proofs().plus(Method.PASSWORD).plus(Method.CERTIFICATE, 1).given
        with found.city.store.act("test") as act:
            mine = session_table.c.token_hash == hash_of(token)
            proved = update(session_table).where(mine).values(proofs=proofs, proved_at=act.at)
            number = act.connection.execute(proved.returning(session_table.c.id)).scalar_one()
            of = update(use_table).where(use_table.c.id == found.open)
            act.connection.execute(of.values(session_id=number))
        page.goto(f"{found.city.origin}/privilege/uses/{found.open}")
        page.get_by_role("button", name="パスワードを表示する").click()
        expect(page.locator("#once")).to_be_visible()

    return arrive
