"""The end of the city's review: everything is answered, two sign, the worker carries it out on the directory."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, Final

from iam.jobs.reviews.tending import Tended, carry_out
from iam.people.standing import Status
from iam.review.campaigns import Campaign, Line, campaign, findings_of, lines, persons
from iam.review.closing.signing import Signature, result, sign
from iam.review.deciding.answers import Answering, Wish, answer_many
from iam.review.words import FindingKind, How, Part, Verdict
from tests.functional.review.city import City, number

GENERAL, HR, OWNER, HR_TOO = 9001, 9004, 9005, 9006
BY: Final = {Part.GENERAL: GENERAL, Part.OWNER: OWNER}
LEFT: Final = frozenset({Status.LEFT, Status.LAPSED, Status.ABSENT})
GOES: Final = frozenset({
    FindingKind.ROGUE, FindingKind.NO_OWNER, FindingKind.UNUSED, FindingKind.CONTRACT_OVER, FindingKind.PROJECT_OVER,
    FindingKind.OWNER_LEFT,
})  # fmt: skip
"""What makes an account go."""

GO_TOO: Final = frozenset({("gw", "kaihatsu1"), ("gw", "shiken1"), ("gw", "kanri4"),
                           ("zei", number(4001)), ("zei", number(4002))})  # fmt: skip
REDUCED: Final = {
    **{number(each): "bu1" for each in (601, 602, 603)},
    **{number(each): "shikin" for each in (606, 607, 608, 616, 617)},
    **{number(each): "tokubetsu" for each in (1020, 1021, 1022)},
    **{number(each): "kanri" for each in (1120, 1121)},
}
"""Rights of `gw` that go alone."""

LAPSES: Final = date(2026, 9, 30)
REASON: Final = "棚卸で確かめた"

Held = dict[tuple[str, str], tuple[bool, frozenset[str]]]
"""(system, login) -> whether it is on, and its rights."""


def verdict_of(city: City, line: Line, kinds: Collection[FindingKind]) -> tuple[Verdict, dict[str, Any]]:
    """What its reviewer answers about a line."""
    if GOES & set(kinds) or (line.system, line.login) in GO_TOO:
        return Verdict.REMOVE, {}
    if line.system == "gw" and line.login in REDUCED:
        return Verdict.REDUCE, {"rights": (REDUCED[line.login],)}
    if {FindingKind.NO_KEEPER, FindingKind.KEEPER_GONE} & set(kinds):
        return Verdict.KEEPER, {"given_to": city.ids[301]}
    return (Verdict.LAPSE, {"until": LAPSES}) if FindingKind.NO_SPONSOR in kinds else (Verdict.KEEP, {})


def answer_all(city: City, id_: int, before: Held) -> Held:
    """Owners and the general officer answer every line, 人事 every person; answers what has to stand afterwards."""
    wanted = dict(before)
    with city.store.read() as connection:
        seen = campaign(connection, id_).revision
        every, who = list(lines(connection, id_)), list(persons(connection, id_))
        found = findings_of(connection, [line.id for line in every if line.findings])
    gone = {each.person_id for each in who if each.status in LEFT}
    wishes: dict[Part, list[Wish]] = {part: [] for part in BY}
    for line in every:
        kinds = [each.kind for each in found.get(line.id, ())]
        verdict, said = verdict_of(city, line, kinds)
        wishes[line.asked].append(Wish(verdict, seen, line_id=line.id, reason=REASON if kinds else "", **said))
        here = line.system, line.login
        if here in before and (verdict is Verdict.REMOVE or line.person_id in gone):
            wanted[here] = False, frozenset()
        elif verdict is Verdict.REDUCE:
            wanted[here] = before[here][0], before[here][1] - set(said["rights"])
    for part, mine in wishes.items():
        _answer(city, id_, part, BY[part], mine)
    _answer_persons(city, id_, {each.person_id: each.person_id in gone for each in who})
    return wanted


def _answer_persons(city: City, id_: int, left: dict[int, bool]) -> None:
    with city.store.read() as connection:
        seen = campaign(connection, id_).revision
    for by, mine in ((HR, [each for each in left if each != city.ids[HR]]), (HR_TOO, [city.ids[HR]])):
        _answer(city, id_, Part.HR, by, [
            Wish(Verdict.LEFT, seen, person_id=each, until=date(2026, 3, 31)) if left[each]
            else Wish(Verdict.IN_SERVICE, seen, person_id=each)
            for each in mine
        ])  # fmt: skip


def _answer(city: City, id_: int, part: Part, by: int, wishes: Iterable[Wish]) -> None:
    city.office.hall.clock.on(seconds=1)
    with city.store.act(f"staff:{number(by)}") as act:
        taken = answer_many(
            act, city.office.hall.door, Answering(id_, part, city.ids[by], How.BULK), wishes, all_or_none=True
        )
    assert not taken.refused, taken.refused[:5]


def sign_both(city: City, id_: int) -> Campaign:
    """The general officer, then 人事, over what they see."""
    for part, by in ((Part.GENERAL, GENERAL), (Part.HR, HR)):
        city.office.hall.clock.on(seconds=1)
        with city.store.read() as connection:
            seen = result(connection, campaign(connection, id_))
        assert not seen.undecided
        with city.store.act(f"staff:{number(by)}") as act:
            signed = sign(act, city.office.hall.door, Signature(id_, part, city.ids[by], seen.hash))
    return signed


def carried_out(city: City, id_: int) -> Tended:
    """The worker goes round."""
    city.office.hall.clock.on(seconds=5)
    return carry_out(city.job, city.office.hall.door, id_)
