"""One person over time: on which days something changes, and what each state rests on.  Pure.

The one law: *what is not announced yet is not there*: the person is shown as
whoever may not know of it would know them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from iam.access.wanted import Rules, Wanted, wanted
from iam.people.announced import as_told, may_be_said
from iam.people.ledger import Entry, Person
from iam.people.standing import Held, Standing, held_posts, turning_days
from iam.sync.dossier import Dossier

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class State:
    """How the person stands from a day on: the standing with its cause, and what is wanted in each system."""

    since: date
    standing: Standing
    wanted: Mapping[str, Wanted]

    @property
    def same(self) -> object:
        """What two states have in common that read alike."""
        posts = [(post.entry.id, post.entry.told.concurrent) for post in self.standing.posts]
        rights = [
            (code, each.enabled, each.why.rule, sorted((name, cause.rule) for name, cause in each.entitlements.items()))
            for code, each in sorted(self.wanted.items())
        ]
        cause = self.standing.cause.id if self.standing.cause else None
        return (self.standing.status, posts, cause, rights)


def announced(found: Dossier, today: date) -> Dossier:
    """The dossier without what may not be said yet (内示解禁日)."""
    return replace(
        found,
        person=as_told(found.person, today),
        versions=[entry for entry in found.versions if may_be_said(entry.told.announce_from, today)],
        deeds=[deed for deed in found.deeds if may_be_said(deed.announce_from, today)],
    )


def state_on(found: Dossier, rules: Rules, day: date, today: date) -> State:
    """The state on one day.  What the sources do not say, and which accounts there are, is known from today on."""
    person, accounts = found.person, found.accounts
    if day < today:
        person, accounts = replace(person, absent_runs=0), ()
    want = wanted(person, day, rules, accounts=accounts, grants=found.grants, blocks=found.blocks)
    return State(day, rules.standing(person, day), want)


def states(found: Dossier, rules: Rules, today: date) -> list[State]:
    """Every state in order, each from the day on which it begins; that of today as it is today."""
    told: list[State] = []
    days = _days(found, rules, today)
    for day, following in zip(days, [*days[1:], date.max], strict=True):
        state = state_on(found, rules, today if day <= today < following else day, today)
        if not told or told[-1].same != state.same:
            told.append(replace(state, since=day))
    return told


def _days(found: Dossier, rules: Rules, today: date) -> list[date]:
    """The days on which anything may change: posts, leaves, handovers, waiting for a renewal, grants, blocks."""
    entries = found.person.entries
    days = {*turning_days(entries), *_afterwards(found.person, rules)}
    if found.person.absent_runs and entries:
        days.add(today)
    spans = [(grant.valid_from, grant.valid_until) for grant in found.grants]
    spans += [(block.valid_from, block.valid_until) for block in found.blocks]
    for begin, end in spans:
        days |= {begin, _after(end)}
    first = min((post.begins for post in held_posts(entries)), default=date.max)
    return sorted(day for day in days if first <= day < date.max)


def _afterwards(person: Person, rules: Rules) -> Iterator[date]:
    """When what outlives a post ends."""
    lengths = {days for days, _ in rules.overlap.values()} | {rules.lapsed_grace_days}
    for post in held_posts(person.entries):
        if post.until < date.max:
            yield from (post.until + timedelta(days=days) + ONE_DAY for days in lengths)


def _after(day: date) -> date:
    return day if day == date.max else day + ONE_DAY


def listed(person: Person, rules: Rules, today: date) -> tuple[str, str, str, str]:
    """One line of a list: number, name, department, post."""
    now = rules.standing(person, today)
    last = now.primary or next(reversed(held_posts(person.entries)), None)
    if last is None:
        return person.staff_number, person.name, "", ""
    department, words = post_words(last, rules, today)
    return person.staff_number, person.name, department, words


def post_words(post: Held, rules: Rules, day: date) -> tuple[str, str]:
    """The department of a post on a day, and the post as officers say it: 総務課 主事（本務）."""
    told = post.entry.told
    name, department = rules.unit(told.org_code, max(told.valid_from, min(day, post.until)))
    place = name or told.org_name or told.org_code
    words = " ".join(filter(None, (place, told.title)))
    return department or place, f"{words}（{'併任・兼務' if told.concurrent else '本務'}）"


def entry_words(entry: Entry) -> str:
    """What one version in the ledger says."""
    told = entry.told
    until = "" if told.valid_until == date.max else str(told.valid_until)
    place = " ".join(filter(None, (told.org_name or told.org_code, told.title)))
    beside = "（併任・兼務）" if told.concurrent else ""
    return " ".join(filter(None, (told.kind.label_ja, place + beside, f"{told.valid_from}〜{until}")))
