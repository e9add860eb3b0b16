"""A city with 5,000 accounts on one real OpenLDAP, and defects of every kind planted among decoys.

The directory is loaded offline as years of life would have left it; personnel's rows go through the real intake, and
real nights link the accounts, move people and let them go; hands then meddle on the target itself.

`City.planted` is what a review has to find, and nothing else.
"""

from datetime import UTC, date, datetime, time
from typing import Final

import ldap3
from sqlalchemy import insert

from iam.access.accounts import grant_table
from iam.access.kept import keeping, members
from iam.access.kept.judging import Particulars, Rules
from iam.access.kept.register import Kept, KeptKind, kept_by_login
from iam.access.suspensions import suspend
from iam.intake.taking import mark_pending
from iam.people.ledger import next_id, persons_by_number
from iam.policy.profile import Role
from iam.privilege import delegating
from iam.privilege.books import use_table
from iam.privilege.register import Deed, Mode, Wish
from iam.review.words import FindingKind
from iam.signin.factors.authenticators import Form, State, authenticator_table
from iam.sync.actual.reconcile import Protection, protect
from tests.bodies import Body, concurrent, fiscal, leaver, mover, row
from tests.entrance import Person
from tests.functional.review.city import AHEAD, City, a_lenient_profile, number
from tests.functional.review.directory import OFF, SYSTEMS, Directory, group_dn
from tests.offices import POSTS, an_office
from tests.privileged import registered
from tests.softkey import SoftKey

ACCOUNTS: Final = 5_000
LINKED, MOVED, HIRED, LAST, REVIEW = (
    date(2026, 3, 2), date(2026, 4, 1), date(2026, 6, 1), date(2026, 6, 12), date(2026, 6, 15),
)  # fmt: skip
"""When the accounts were linked, people moved and left, others came; the last night; the day of the review."""

TAXES: Final = ("2000", "2001", "2002")
LEAVERS: Final = range(501, 531)
TERMS: Final = range(9101, 9109)
TO_TAXES: Final = range(601, 621)
FROM_TAXES: Final = range(4001, 4011)
ABSENT: Final = (851, 852)
CONCURRENT: Final = (701, 702)
NEW: Final = range(8001, 8021)
OFFICERS: Final = {9001: Role.GENERAL_OFFICER, 9002: Role.APPROVER, 9003: Role.OPERATOR, 9004: Role.HR_OFFICER,
                   9005: Role.SYSTEM_OWNER, 9006: Role.HR_OFFICER}  # fmt: skip


# --- who there is


def a_city(body: Body, directory: Directory) -> City:
    """The city on the day of its review."""
    city = City(an_office(body, a_lenient_profile()), directory)
    _people(city)
    _accounts(city)
    directory.start()
    city.targets = {code: directory.target(code) for code in SYSTEMS}
    city.body.rows = list(city.people.values())
    city.night(LINKED)
    with city.store.read() as connection:
        known = persons_by_number(connection, [number(each) for each in city.people])
    city.ids = {int(each): id_ for each, id_ in known.items()}
    _factors(city)
    _registers(city)
    _grants(city)
    _april(city)
    _june(city)
    _hands(city)
    return city


def _people(city: City) -> None:
    """A head, fourteen of the middle, 85 clerks in each unit; taxes are three units."""
    for unit in range(40):
        for place in range(100):
            title = ("20", "課長") if not place else ("02", "主査") if place < 15 else ("01", "主事")
            city.people[unit * 100 + place + 1] = row(
                unit * 100 + place + 1, f"1{unit:03}", title_code=title[0], title=title[1], org_name=f"第{unit}課"
            )
    for index, org in enumerate(TAXES):
        for place in range(100):
            each = 4001 + index * 100 + place
            city.people[each] = row(each, org, title_code="01", title="主事", org_name=f"税務第{index}課")
    city.people |= {each: fiscal(each, 2025, "1006", title_code="05", title="事務補助") for each in TERMS}
    # Renewed in the same post: nobody has moved.
    city.people[9201] = fiscal(9201, 2025, "1007", title_code="05", title="事務補助")
    city.people |= {
        each: row(each, "0101", title_code=POSTS[role], title=role.label_ja, org_name="情報政策課")
        for each, role in OFFICERS.items()
    }


def _accounts(city: City) -> None:
    """What years have left in the directory: everybody's accounts, used last week; and what nobody's books explain."""
    load = city.directory
    strict = {*city.plant(FindingKind.UNUSED, [1122])}
    silent = {*city.plant(FindingKind.NEVER_USED, range(101, 107))}
    unused = {*city.plant(FindingKind.UNUSED, range(201, 209))}
    in_taxes = {*city.plant(FindingKind.UNUSED, (4101, 4102), "zei")}
    edge = {number(209): "20260317030000Z", number(210): "20260318030000Z"}
    city.plant(FindingKind.UNUSED, [209])
    for each, said in city.people.items():
        login, org = number(each), said["org_code"]
        rights = ["mail", f"bu{org[0]}"] if org[0] in "12" else ["mail"]
        rights += ["kacho"] if said["title_code"] == "20" else []
        used = "" if login in silent else "20260301030000Z" if login in unused else edge.get(login, USED)
        used = "20260501030000Z" if login in strict else used
        load.place("gw", login, said, rights, used)
        if org in TAXES:
            load.place("zei", login, said, ["view", "edit"], "20260410030000Z" if login in in_taxes else USED)
    _strangers(city)
    rest = ACCOUNTS - load.count - len(MADE_LATER) + len(GONE_LATER) + 1
    for each in range(9301, 9301 + rest):
        city.people[each] = row(each, "1039", title_code="01", title="主事", org_name="第39課")
        load.place("gw", number(each), city.people[each], ["mail", "bu1"], USED)


USED: Final = "20260610030000Z"
MADE_LATER: Final = (*TO_TAXES, *CONCURRENT, *NEW, "second1", "second2")
GONE_LATER: Final = (801, 802, 803, 520)
"""Accounts that are made after the first night (by moves, by hiring, by hand); such of `gw` that hands delete."""


def _strangers(city: City) -> None:
    """What no book has, and what only registers have."""
    load, plant = city.directory, city.plant
    for login in plant(FindingKind.ROGUE, [f"rogue{each}" for each in range(1, 9)]):
        load.place("gw", login, used="20260215030000Z" if login == "rogue1" else USED, off=login == "rogue2")
    plant(FindingKind.UNUSED, ["rogue1"])
    for each, login in enumerate(plant(FindingKind.ROGUE, [f"old{each}" for each in range(1, 6)])):
        load.place("gw", login, {"staff_number": f"99990{each:02}", "name": "前任 者"}, used=USED)
    plant(FindingKind.NO_OWNER, [f"old{each}" for each in range(1, 6)])
    # In nobody's books: by its name for tests or development too; a name of a product is no privilege by itself.
    for login in plant(FindingKind.ROGUE, ["test-01", "dev-db", "admin", "operator9", "retired-id"]):
        load.place("gw", login, rights=["kanri"] if login == "operator9" else (), used=USED)
    plant(FindingKind.TEST_ID, ["test-01"])
    plant(FindingKind.DEVELOPMENT, ["dev-db"])
    plant(FindingKind.NO_DELEGATION, ["operator9"])
    for login in ("nessus", "backup1", "relay"):
        load.place("gw", login, used=USED)  # under a protection that is in force
    load.place("gw", "test-monitor", used=USED)  # as well, and yet in production
    plant(FindingKind.TEST_ID, ["test-monitor"])
    for login in plant(FindingKind.ROGUE, ["vendor-a", "vendor-b"]):
        load.place("gw", login, used=USED)  # under protections that ran out
    for name, *_ in KEPT:
        system, login = name.split("/")
        load.place(system, login, used="" if login in ("window9", "ken-1", "ken-2", "ken-3") else USED,
                   off=login == "vendor-off")  # fmt: skip
    for each in range(1, 5):
        load.place("gw", f"kanri{each}", used=USED, off=True)


K, PAST = KeptKind, date(2026, 5, 31)
KEPT: Final[tuple[tuple[str, KeptKind, dict[str, object], FindingKind | None], ...]] = (
    ("gw/window1", K.SHARED, {}, None),
    ("gw/window2", K.SHARED, {"keeper": None}, FindingKind.NO_KEEPER),
    ("gw/batch2", K.SERVICE, {"keeper": None}, FindingKind.NO_KEEPER),
    ("gw/window3", K.SHARED, {"keeper": 501}, FindingKind.KEEPER_GONE),
    ("gw/batch3", K.SERVICE, {"keeper": 611}, FindingKind.KEEPER_GONE),
    ("gw/window4", K.SHARED, {"keeper": 901}, FindingKind.KEEPER_GONE),
    ("gw/window5", K.SHARED, {"member": 503, "secret_changed_on": date(2026, 2, 1)}, FindingKind.MEMBER_GONE),
    ("gw/window6", K.SHARED, {"member": 504}, FindingKind.MEMBER_GONE),
    ("gw/window7", K.SHARED, {"member": 306, "secret_changed_on": date(2026, 2, 1)}, FindingKind.MEMBER_GONE),
    ("gw/window8", K.SHARED, {"member": 505, "secret_changed_on": date(2026, 2, 1)}, None),
    ("gw/window9", K.SHARED, {}, FindingKind.NEVER_USED),
    ("gw/vendor1", K.CONTRACTOR, {"valid_until": PAST, "sponsor": 302}, FindingKind.CONTRACT_OVER),
    ("gw/vendor2", K.CONTRACTOR, {"valid_until": AHEAD, "sponsor": 302}, None),
    ("gw/vendor3", K.CONTRACTOR, {"valid_until": AHEAD}, FindingKind.NO_SPONSOR),
    ("gw/vendor4", K.CONTRACTOR, {"valid_until": AHEAD, "sponsor": 502}, FindingKind.NO_SPONSOR),
    ("gw/vendor-off", K.CONTRACTOR, {"valid_until": PAST, "sponsor": 302}, None),
    ("gw/link-tax", K.SERVICE, {"valid_until": PAST, "project": "税システム移行"}, FindingKind.PROJECT_OVER),
    ("gw/link-gis", K.SERVICE, {"valid_until": AHEAD, "project": "地図更新"}, None),
    ("gw/kaihatsu1", K.DEVELOPMENT, {"valid_until": AHEAD, "project": "窓口改修"}, FindingKind.DEVELOPMENT),
    ("gw/shiken1", K.TEST, {"valid_until": AHEAD, "project": "窓口改修"}, FindingKind.TEST_ID),
    ("ken/ken-1", K.DEVELOPMENT, {"valid_until": AHEAD, "project": "窓口改修"}, None),
    ("ken/ken-2", K.TEST, {"valid_until": AHEAD, "project": "窓口改修"}, None),
    ("ken/ken-3", K.DEVELOPMENT, {"valid_until": PAST, "project": "旧窓口"}, FindingKind.PROJECT_OVER),
)  # fmt: skip
"""The register of kept IDs, and what is wrong with each."""


# --- what the registers say


def _registers(city: City) -> None:
    given = Rules.of(city.profile, city.office.hall.door.model)
    for name, kind, said, finding in KEPT:
        system, login = name.split("/")
        what = {key: value for key, value in said.items() if key not in ("keeper", "sponsor", "member")}
        keeper, sponsor = said.get("keeper", 301), said.get("sponsor")
        _keep(city, given, Particulars(
            system, login, kind, "窓口の共用", city.ids[int(str(keeper))] if keeper else None,
            city.ids[int(str(sponsor))] if sponsor else None, company="株式会社さくら" if kind is K.CONTRACTOR else "",
            **what,  # type: ignore[arg-type] # fields of it
        ), said.get("member"))  # fmt: skip
        if finding:
            city.plant(finding, [login], system)
    for login in ("retired-id", *city.plant(FindingKind.MISSING, ["gone-id"])):
        _keep(city, given, Particulars("gw", login, K.SHARED, "古い窓口", city.ids[301]), None)
    year = date(2026, 12, 31)
    marks = {"nessus": year, "backup1": year, "relay": year, "test-monitor": year, "vendor-a": PAST,
             "vendor-b": PAST}  # fmt: skip
    with city.store.act("unyou") as act:
        for login, until in marks.items():
            protect(act, "gw", Protection(login, "情報政策課", "保守用", until), LINKED)


def _keep(city: City, given: Rules, what: Particulars, member: object) -> Kept:
    with city.store.act("staff:0009003") as act:
        kept = keeping.keep(act, given, what, gaps_allowed=True)
        if member is not None:
            members.join(act, kept, city.ids[int(str(member))], date(2025, 4, 1))
    return kept


def _privileged(city: City) -> None:
    """kanri1 is in order; nobody may use kanri2; kanri3 waits for emergencies; kanri4 is opened by hand."""
    hall = city.office.hall
    general, approver, operator, user = (
        Person(hall, city.ids[each], number(each), "") for each in (9001, 9002, 9003, 310)
    )
    user.with_key(SoftKey())
    ids = [
        registered(city.office, operator, general, Wish(
            Deed.NEW, "gw", Mode.SECRET, f"kanri{each}", purpose="OSの管理", most_holders=3, emergency=each == 3
        ))
        for each in range(1, 5)
    ]  # fmt: skip
    in_group = Wish(Deed.NEW, "gw", Mode.MEMBER, entitlement="kanri", purpose="管理", most_holders=3)
    group = registered(city.office, operator, general, in_group)
    wish = delegating.Wish(user.id, (ids[0].id, ids[3].id, group.id), HIRED, date(2026, 8, 31), "当番")
    with city.store.act("test") as act:
        found = delegating.nominate(act, hall.door, general.id, wish)
    with city.store.act("test") as act:
        delegation = delegating.approve(act, hall.door, found.id, approver.id, found.content_hash)
    city.plant(FindingKind.NO_DELEGATION, ["kanri2", "kanri4"])
    _use(city, group.id, delegation.id, user)


def _use(city: City, privileged_id: int, delegation_id: int, user: Person) -> None:
    """A use that goes on during the review."""
    at = datetime.combine(REVIEW, time(0, 30), UTC)
    row = {
        "privileged_id": privileged_id, "person_id": user.id, "delegation_id": delegation_id, "emergency": False,
        "purpose": "更新", "decision_number": "", "minutes": 240, "login": user.number, "address": "", "proofs": [],
        "state": "open", "asked_at": at, "lapses_at": at, "opened_at": at, "ends_at": at.replace(hour=4),
        "end_reason": "", "record": "", "approval": "",
    }  # fmt: skip
    with city.store.act("test") as act:
        act.connection.execute(insert(use_table).values(**row))


def _factors(city: City) -> None:
    """Everybody has an app, but for some; codes on paper are none."""
    at = datetime.combine(LINKED, time(1), UTC)
    without = {int(each) for each in city.plant(FindingKind.NO_SECOND_FACTOR, (4111, 4112, 4113), "zei")}
    without |= set(range(110, 120)) | {4011}  # in no system that asks; and one who leaves the taxes
    rows: list[dict[str, object]] = [
        {
            "person_id": id_, "form": Form.RECOVERY if each == 4113 else Form.TOTP, "name": "電話",
            "state": State.ACTIVE, "data": {}, "counter": 0, "enrolled_at": at, "confirmed_at": at, "end_reason": "",
        }
        for each, id_ in city.ids.items()
        if each not in without or each == 4113
    ]  # fmt: skip
    with city.store.act("test") as act:
        act.connection.execute(insert(authenticator_table), rows)


def _grants(city: City) -> None:
    """Of the middle of one unit everybody may pay; of those who move three could before."""
    long = date(2027, 3, 31)
    given = [(each, LINKED) for each in (*range(302, 316), 606, 607, 608, 9201)]
    given += [(each, date(2026, 5, 1)) for each in (616, 617)]
    city.plant(FindingKind.OWNER_MOVED, (606, 607, 608))
    city.plant(FindingKind.UNUSUAL_RIGHT, (616, 617))
    with city.store.act("test") as act:
        for each, since in given:
            act.connection.execute(insert(grant_table).values(
                id=next_id(act.connection, grant_table), person_id=city.ids[each], system="gw", entitlement="shikin",
                origin="申請", clause="baseline", valid_from=since, valid_until=long,
            ))  # fmt: skip
        mark_pending(act.connection, [city.ids[each] for each, _ in given])


# --- what happens


def _april(city: City) -> None:
    """People leave and move, terms end, two are not on the list any more."""
    said = city.people
    city.body.say(
        *(leaver(said[each], "2026-03-31") for each in LEAVERS),
        *(mover(said[each], "2000", "2026-04-01") for each in TO_TAXES),
        *(mover(said[each], "1008", "2026-04-01") for each in (*FROM_TAXES, 4011)),
        [said[9201], fiscal(9201, 2026, "1007", title_code="05", title="事務補助", kind="renewal")],
        *([said[each], concurrent(said[each], "2001", "2026-04-01")] for each in CONCURRENT),
    )
    city.body.forget(*ABSENT)
    city.night(MOVED)
    # Their accounts for taxes were made tonight, and they never open them.
    city.plant(FindingKind.NEVER_USED, (*TO_TAXES, *CONCURRENT), "zei")


def _june(city: City) -> None:
    """Others come; somebody stops using a shared ID, of another the password is changed; the last night."""
    city.body.say(*(row(each, "1010", "2026-06-01") for each in NEW))
    city.night(HIRED)
    _privileged(city)
    with city.store.act("unyou") as act:
        for login, on in (("window8", date(2026, 4, 1)), ("window9", PAST)):
            kept = kept_by_login(act.connection, "gw", login)
            assert kept
            keeping.note_secret_changed(act, kept, on)
        window = kept_by_login(act.connection, "gw", "window7")
        retired = kept_by_login(act.connection, "gw", "retired-id")
        assert window
        assert retired
        members.leave(act, window, city.ids[306], date(2026, 5, 10))
        keeping.retire(act, retired, "窓口を閉じたため")
        suspend(act, city.ids[901], None, "調査のため")
    city.night(LAST)
    city.on(REVIEW)


# --- hands on the directory


def _hands(city: City) -> None:
    plant, load = city.plant, city.directory
    with load.connection() as there:
        on = plant(FindingKind.OWNER_LEFT, (501, 502, 503, 504, 9101, 9102, 851))
        plant(FindingKind.CONTRACT_OVER, (9101, 9102))
        taxes = plant(FindingKind.OWNER_MOVED, (4001, 4002), "zei")
        for dn in (*(load.dn("gw", each) for each in (*on, "kanri4")), *(load.dn("zei", each) for each in taxes)):
            there.modify(dn, {OFF: [(ldap3.MODIFY_DELETE, [])]})
        joined = {
            "bu1": [*plant(FindingKind.OWNER_LEFT, (506, 507)), *plant(FindingKind.OWNER_MOVED, (601, 602, 603))],
            "tokubetsu": plant(FindingKind.UNUSUAL_RIGHT, (1020, 1021, 1022)),
            "kanri": [*plant(FindingKind.NO_DELEGATION, (1120, 1121, 1122)), number(310)],
        }
        for right, logins in joined.items():
            load.join(there, "gw", right, *(load.dn("gw", each) for each in logins))
        load.join(there, "zei", "view", *(load.dn("zei", each) for each in taxes))
        plant(FindingKind.MISSING, GONE_LATER[:3])
        there.delete(load.dn("zei", *plant(FindingKind.MISSING, [4201], "zei")))
        for each in GONE_LATER:
            there.delete(load.dn("gw", number(each)))
        for login in plant(FindingKind.ROGUE, ("second1", "second2")):
            load.add(there, "gw", login, city.people[1230 + int(login[-1])])
        nested = group_dn("gw", "nested")
        there.add(nested, "groupOfNames", {"member": load.dn("gw", number(1))})
        load.join(there, "gw", "mail", *plant(FindingKind.ROGUE, [nested]))
