"""Who works for さくら市, an invented city, and what is already decided for the next 1 April.

The one law: the same `staff`, `seed` and `today` give the same people, all
names are invented, and every appointment is one that a real file could hold.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from web.practice.names import Name, a_name
from web.practice.units import SUCCESSORS, City, Section, Unit

APRIL: Final = 4
DAY: Final = timedelta(days=1)
NOTICE: Final = timedelta(days=8)
HOME_BODY: Final = "さくら県"

HIRE, MOVE, RISE, BESIDE, LENT_IN, LENT_OUT = "10", "20", "21", "30", "40", "41"
LEAVE, BACK, RENEW, AGAIN, RETIRE = "50", "51", "60", "70", "90"
"""発令区分 of the HR package: 採用 異動 昇任 併任 出向受入 派遣 / 休業 復職 任期更新 再任用 退職."""

REGULAR, REAPPOINTED, FIXED_TERM, FULL_TIME, PART_TIME = "01", "02", "03", "04", "05"
SUBSTITUTE, SECONDED, ENTERPRISE, SPECIAL = "06", "07", "08", "09"
"""任用区分 of the HR package; FULL_TIME and PART_TIME are 会計年度任用職員."""

TITLES: Final = {
    "市長": "001", "副市長": "002", "教育長": "003", "部長": "010", "会計管理者": "011", "事務局長": "012",
    "教育部長": "013", "局長": "014", "消防長": "015", "課長": "030", "支所長": "031", "園長": "032", "館長": "033",
    "消防署長": "034", "課長補佐": "040", "係長": "050", "主査": "060", "主任": "070", "主任保育士": "071",
    "主事": "080", "保育士": "081", "事務補助員": "090", "保育補助員": "091", "図書館奉仕員": "092", "調理員": "093",
    "作業員": "094", "消防司令": "150", "消防司令補": "160", "消防士長": "170", "消防士": "180",
}  # fmt: skip
"""職名 and 職名コード."""

_CHIEFS: Final = {"12": "会計管理者", "13": "", "20": "事務局長", "21": "教育部長", "22": "事務局長", "23": "事務局長",
                  "24": "事務局長", "25": "局長", "30": "消防長"}  # fmt: skip
_HEADS: Final = {"1301": "支所長", "1302": "支所長", "0604": "園長", "0605": "園長", "0606": "園長", "2104": "館長",
                 "3004": "消防署長", "3005": "消防署長"}  # fmt: skip
_AIDES: Final = {"0604": "保育補助員", "0605": "保育補助員", "0606": "保育補助員", "0802": "作業員", "0803": "作業員",
                 "2104": "図書館奉仕員", "2105": "調理員"}  # fmt: skip
_RANKS: Final = {
    "office": ("主査", "主任", "主事", "主事"),
    "care": ("主任保育士", "保育士", "保育士"),
    "fire": ("消防司令補", "消防士長", "消防士", "消防士"),
}
_LEADERS: Final = {"office": "係長", "care": "主査", "fire": "消防司令"}
_DEPUTY_FROM: Final = 10
_MANAGERS_END: Final = "040"
"""職名コード below this are those of 課長 and above."""
_TWINS: Final = "0301"

SHARES: Final = {
    "woman": 0.45, "woman in the fire service": 0.04, "woman on term": 0.8,
    "parent on leave": 0.06, "father on leave": 0.006, "back in April": 0.4, "lent out": 0.02, "beside": 0.04,
    "former post in the file": 0.45, "reappointed again": 0.8, "reappointed after retiring": 0.5,
    "full time": 0.2, "served last year": 0.7, "since April": 0.6, "no address": 0.6, "joining for good": 0.6,
}  # fmt: skip
"""How many of those whom it may befall."""

_EMPLOYED: Final = {"reappointed": 0.055, "fixed term": 0.015, "lent": 0.007, "substitute": 0.008}
_IN_APRIL: Final = {"retires": 0.035, "moves": 0.28}
_TERM_ENDS: Final = {"renewed": 0.84, "leaves": 0.08}


@dataclass(frozen=True, slots=True)
class Appointment:
    """One row of the personnel file, in the codes of the HR package.  `valid_until` None is 99999999."""

    category: str
    kind: str
    valid_from: date
    valid_until: date | None = None
    unit: Unit | None = None
    title: str = ""
    concurrent: bool = False
    status: str = "1"
    announce_from: date | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """One member of staff with all rows that the file holds of them."""

    number: str
    name: Name
    woman: bool
    born: date
    email: str
    appointments: tuple[Appointment, ...]
    previous_number: str = ""


@dataclass(frozen=True)
class _Seat:
    """Where somebody sits, and as what."""

    section: Section
    unit: Unit
    title: str
    leads: bool = False


def next_april(today: date) -> date:
    """The first 1 April after `today`."""
    return date(today.year + (today >= date(today.year, APRIL, 1)), APRIL, 1)


def _world(section: Section) -> str:
    """Among which 課 somebody is moved: fire fighters and nursery teachers stay among themselves."""
    if section.unit.code.startswith("30"):
        return "fire"
    return "care" if _HEADS.get(section.unit.code[:4]) == "園長" else "office"


class Careers:
    """Makes the staff, one by one, from one source of chance."""

    def __init__(self, staff: int, seed: int, today: date) -> None:
        self._size = staff
        self._today = today
        self._rng = random.Random(seed)
        self.april = next_april(today)
        self._begun = date(self.april.year - 1, APRIL, 1)
        self._last_day = self.april - DAY
        self._told = min(self.april - NOTICE, today - DAY)
        self._secret_until = self.april - NOTICE
        self.city = City.reorganising(self.april)
        self._now = self.city.sections(today)
        self._then = {section.unit.code[:4]: section for section in self.city.sections(self.april)}
        self._numbers = {"permanent": 10_000, "term": 90_000_000}

    def everybody(self) -> Iterator[Staff]:
        """All who serve today, then those who join on 1 April."""
        specials = ("市長", "副市長", "副市長", "教育長")[: self._size // 300]
        yield from map(self._special, specials)
        seats = [(section, section.unit.posts, True) for section in self._now]
        seats += [(section, section.unit.terms, False) for section in self._now]
        whole, wanted = sum(weight for _, weight, _ in seats), self._size - len(specials)
        weighed, placed = 0, 0
        for section, weight, permanent in seats:
            weighed += weight
            count = weighed * wanted // whole - placed
            placed += count
            yield from self._permanent(section, count) if permanent else self._on_term(section, count)
        for _ in range(self._size * 45 // 1000):
            yield self._joining(permanent=self._chance("joining for good"))

    # ---- those who serve today -------------------------------------------------------------------

    def _special(self, title: str) -> Staff:
        unit = self.city.departments(self._today)[0]
        begun = date(self._begun.year - 1, 5, 1)
        return self._person([Appointment(SPECIAL, HIRE, begun, None, unit, title)], ages=(52, 68))

    def _permanent(self, section: Section, count: int) -> Iterator[Staff]:
        alike: Name | None = None
        for position in range(count):
            seat = _seat(section, position, count)
            if section.unit.code[:4] == _TWINS and position >= count - 2:
                # Two of the same name in one 係: normal, and a trap for whoever joins people by name.
                alike = alike or Name("佐藤", "健一", "サトウ", "ケンイチ")
                post = replace(self._post(_seat(section, count - 1, count)), valid_from=self._years_ago(2))
                yield self._person([post], name=alike)
            elif not seat.leads and (other := self._otherwise_employed(seat)):
                yield other
            else:
                yield self._regular(seat)

    def _otherwise_employed(self, seat: _Seat) -> Staff | None:
        """再任用, 任期付, 出向受入 or 育休代替 in this seat; None for a permanent one."""
        begun, last = self._begun, self._last_day
        match self._draw(_EMPLOYED):
            case "reappointed":
                return self._reappointed(seat)
            case "fixed term":
                end = self._year_after(last)
                return self._person([Appointment(FIXED_TERM, HIRE, self._years_ago(1), end, seat.unit, seat.title)])
            case "lent":
                return self._person([Appointment(SECONDED, LENT_IN, begun, last, seat.unit, seat.title)])
            case "substitute":
                return self._person([Appointment(SUBSTITUTE, HIRE, begun, last, seat.unit, seat.title)], ages=(23, 40))
        return None

    def _reappointed(self, seat: _Seat) -> Staff:
        now = Appointment(REAPPOINTED, AGAIN, self._begun, self._last_day, seat.unit, "主査")
        following = self._leaving(REAPPOINTED, seat)
        if self._chance("reappointed again"):
            following = self._renewed(now, self._after(seat))
        previous = f"{self._rng.randrange(1000, 9999):08}"
        return self._person([now, following], ages=(60, 64), previous=previous)

    def _regular(self, seat: _Seat) -> Staff:
        post = self._post(seat)
        rows = [*self._before(post, seat), post]
        woman = self._chance("woman in the fire service" if _world(seat.section) == "fire" else "woman")
        if not seat.leads and self._chance("parent on leave" if woman else "father on leave"):
            return self._person([*rows, self._on_leave(post)], ages=(27, 40), woman=woman)
        if not seat.leads and self._chance("lent out"):
            until = self._rng.choice((self._last_day, self._year_after(self._last_day)))
            rows.append(Appointment(post.category, LENT_OUT, self._begun, until, status="3"))
            return self._person(rows, ages=(28, 45), woman=woman)
        if self._chance("beside") and not seat.unit.code.startswith("22"):
            rows.append(self._beside(post))
        april, ages = self._in_april(post, seat)
        return self._person([*rows, *april], ages=ages, woman=woman)

    def _post(self, seat: _Seat) -> Appointment:
        years = self._rng.choices((0, 1, 2, 3, 4), (30, 30, 20, 12, 8))[0]
        kind = RISE if seat.leads else self._rng.choice((HIRE, MOVE, MOVE, MOVE))
        return Appointment(_category(seat.section), kind, self._years_ago(years), None, seat.unit, seat.title)

    def _before(self, post: Appointment, seat: _Seat) -> list[Appointment]:
        """The post before this one, where the file still has it."""
        if post.kind == HIRE or not self._chance("former post in the file"):
            return []
        former = self._another(self._now, _world(seat.section), seat.section)
        first = date(post.valid_from.year - self._rng.randint(2, 4), APRIL, 1)
        title = "主査" if seat.leads else seat.title
        desk = self._rng.choice(former.desks)
        return [Appointment(_category(former), MOVE, first, post.valid_from - DAY, desk, title)]

    def _on_leave(self, post: Appointment) -> Appointment:
        """育児休業: the post stays; back on 1 April or some day later."""
        begun = max(self._begun - timedelta(days=self._rng.randrange(1, 300)), post.valid_from)
        last = self._last_day
        if not self._chance("back in April"):
            last += timedelta(days=self._rng.randrange(30, 400))
        return Appointment(post.category, LEAVE, begun, last, status="2")

    def _beside(self, post: Appointment) -> Appointment:
        """併任 in the election board, which needs many hands for some weeks."""
        board = next(section for section in self._now if section.unit.code.startswith("22"))
        first = max(self._begun, post.valid_from)
        return Appointment(post.category, BESIDE, first, None, board.desks[0], "主査", concurrent=True)

    def _on_term(self, section: Section, count: int) -> Iterator[Staff]:
        """会計年度任用職員: until 31 March, most renewed, some leaving, some with the paper still to come."""
        title = _AIDES.get(section.unit.code[:4], "事務補助員")
        for position in range(count):
            seat = _Seat(section, section.desks[position % len(section.desks)], title)
            category = FULL_TIME if self._chance("full time") else PART_TIME
            kind = RENEW if self._chance("served last year") else HIRE
            now = Appointment(category, kind, self._term_begun(kind), self._last_day, seat.unit, title)
            following = {"renewed": [self._renewed(now, self._after(seat))], "leaves": [self._leaving(category, seat)]}
            rows = [now, *following.get(self._draw(_TERM_ENDS), [])]
            yield self._person(rows, ages=(22, 66), woman=self._chance("woman on term"), term=True)

    def _term_begun(self, kind: str) -> date:
        """1 April, or for some the first of a month since."""
        months = (self._today.year - self._begun.year) * 12 + self._today.month - APRIL
        if kind == RENEW or months < 1 or self._chance("since April"):
            return self._begun
        months = self._rng.randint(1, months) + APRIL - 1
        return date(self._begun.year + months // 12, months % 12 + 1, 1)

    # ---- what is decided for 1 April -------------------------------------------------------------

    def _in_april(self, post: Appointment, seat: _Seat) -> tuple[list[Appointment], tuple[int, int]]:
        """The rows dated 1 April or the day before, and the ages that fit them."""
        lot = self._draw(_IN_APRIL)
        if lot == "retires":
            rows = [self._leaving(post.category, seat)]
            if self._chance("reappointed after retiring"):
                end = self._year_after(self._last_day)
                rows.append(Appointment(REAPPOINTED, AGAIN, self.april, end, self._after(seat), "主査"))
            return rows, (60, 60)
        if seat.section.unit.code[:4] in SUCCESSORS:
            return [self._moved(post, self._after(seat), seat.title)], (24, 58)
        if lot == "moves":
            there = self._another(list(self._then.values()), _world(seat.section), seat.section)
            heads = seat.title == "課長"
            title = "主査" if seat.leads and not heads else seat.title
            unit = there.unit if heads else self._rng.choice(there.desks)
            return [self._moved(post, unit, title, _category(there))], (24, 58)
        return [], (22, 58)

    def _renewed(self, now: Appointment, unit: Unit) -> Appointment:
        """The same for one more 年度."""
        return replace(now, kind=RENEW, valid_from=self.april, valid_until=self._year_after(self._last_day), unit=unit)

    def _moved(self, post: Appointment, unit: Unit, title: str, category: str = "") -> Appointment:
        told = self._announced(post.title, title)
        return Appointment(category or post.category, MOVE, self.april, None, unit, title, announce_from=told)

    def _leaving(self, category: str, seat: _Seat) -> Appointment:
        told = self._announced(seat.title)
        return Appointment(category, RETIRE, self._last_day, None, seat.unit, seat.title, announce_from=told)

    def _announced(self, *titles: str) -> date:
        """The 内示解禁日: a week before for managers; everybody else knows already, or there were little to see."""
        return self._secret_until if any(TITLES[title] < _MANAGERS_END for title in titles) else self._told

    def _joining(self, *, permanent: bool) -> Staff:
        section = self._another(list(self._then.values()), "office", None)
        desk = self._rng.choice(section.desks)
        if permanent:
            rows = [Appointment(_category(section), HIRE, self.april, None, desk, "主事", announce_from=self._told)]
            return self._person(rows, ages=(21, 28))
        end = self._year_after(self._last_day)
        return self._person([Appointment(PART_TIME, HIRE, self.april, end, desk, "事務補助員")], term=True)

    def _after(self, seat: _Seat) -> Unit:
        """Where this seat is from 1 April on: the same unit, or a 係 of what took its 課 over."""
        codes = SUCCESSORS.get(seat.section.unit.code[:4])
        if codes is None:
            return seat.unit
        section = self._then[self._rng.choice(codes)]
        return section.unit if seat.title == "課長" else self._rng.choice(section.desks)

    # ---- chance ----------------------------------------------------------------------------------

    def _chance(self, what: str) -> bool:
        return self._rng.random() < SHARES[what]

    def _draw(self, lots: Mapping[str, float]) -> str:
        """One of `lots` by its share, or "" for the rest."""
        lot = self._rng.random()
        for name, share in lots.items():
            lot -= share
            if lot < 0:
                return name
        return ""

    def _another(self, sections: list[Section], world: str, but: Section | None) -> Section:
        found = [s for s in sections if _world(s) == world and s.desks and s != but]
        return self._rng.choices(found, [s.unit.posts for s in found])[0]

    def _years_ago(self, years: int) -> date:
        return date(self._begun.year - years, APRIL, 1)

    def _year_after(self, day: date) -> date:
        return date(day.year + 1, day.month, day.day)

    def _person(
        self,
        rows: list[Appointment],
        *,
        ages: tuple[int, int] = (24, 58),
        woman: bool | None = None,
        name: Name | None = None,
        previous: str = "",
        term: bool = False,
    ) -> Staff:
        rng = self._rng
        woman = self._chance("woman") if woman is None and name is None else bool(woman)
        kind = "term" if term else "permanent"
        self._numbers[kind] += rng.randint(1, 3)
        number = f"{self._numbers[kind]:08}"
        born = date(self._begun.year - rng.randint(*ages), rng.randint(1, 12), rng.randint(1, 28))
        email = "" if term and self._chance("no address") else f"s{number}@city.sakura.example"
        return Staff(number, name or a_name(rng, woman=woman), woman, born, email, tuple(rows), previous)


def _category(section: Section) -> str:
    return ENTERPRISE if section.unit.code.startswith("25") else REGULAR


def _seat(section: Section, position: int, count: int) -> _Seat:
    """The seat of one of `count` permanent staff: the chief first, then the head, the deputy, the leaders, the rest."""
    code, world = section.unit.code[:4], _world(section)
    chief = _CHIEFS.get(code[:2], "部長") if code[2:] == "01" else ""
    top = [(section.department, chief)] if chief else []
    top.append((section.unit, _HEADS.get(code, "課長")))
    if count >= _DEPUTY_FROM and world == "office":
        top.append((section.unit, "課長補佐"))
    top += [(desk, _LEADERS[world]) for desk in section.desks]
    if position < len(top):
        unit, title = top[position]
        return _Seat(section, unit, title, leads=True)
    ranks = _RANKS[world]
    rest = position - len(top)
    return _Seat(section, section.desks[rest % len(section.desks)], ranks[rest % len(ranks)])
