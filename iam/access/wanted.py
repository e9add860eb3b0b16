"""What one person should have on a day: pure, the heart of provisioning.

The one law: the first effect of not being in service is suspension, undone in
one step.  Rights are taken away by a dated 退職 or by losing the post that
earned them, and of the latter only a handover that the profile allows, with an
end date, may outlive it (design law 2, R03, OITA-S8.1.1.2).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from iam.access.accounts import OF_A_USE, RETURNED, Account, AccountKind, AccountState, Block, Grant
from iam.access.model import AccessModel, Birthright, Keep, System
from iam.people.feed import Gives
from iam.people.ledger import Entry, LedgerChange, Person, Told
from iam.people.standing import Held, Standing, Status, changed_post, held_posts, standing
from iam.policy.clauses import own_clause
from iam.policy.profile import Profile

LIFECYCLE_CLAUSE = "OITA-S8.2.1.2a"
"""異動・出向・退職に伴う利用者IDの取扱い: the clause behind whatever no narrower rule explains."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why something is wanted.  `rule` is a birthright's id or one of ours; `effective` the day it bites.

    `surprise` means that no dated appointment stands behind it: the guard
    counts it even if it was rehearsed.
    """

    rule: str
    clause: str
    words: str
    entry: Entry | None
    effective: date | None = None
    surprise: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """One account as it should be.

    `otherwise` is why a right that is not among `entitlements` goes, unless
    `withheld` says why this one does, though it is earned;
    `attributes` None: leave them as they are; `to_return`: the holder is
    expected back, so that no retention runs; `again` is why an account that is
    off goes on again, where that is not simply `why`.
    """

    system: str
    enabled: bool
    why: Cause
    otherwise: Cause
    entitlements: Mapping[str, Cause] = field(default_factory=dict)
    attributes: Mapping[str, tuple[str, ...]] | None = None
    to_return: bool = False
    again: Cause | None = None
    withheld: Mapping[str, Cause] = field(default_factory=dict)


@dataclass(frozen=True)
class Rules:
    """What `wanted` needs to know beside the person.

    `overlap`: zone code -> (days, clause) of a handover; `absence_runs`:
    source -> complete feeds in a row; `unit`: names of a unit and of its
    department on a day; `lapsed_grace_days`: how long a term that ended
    without renewal leaves its rights, suspended, for a late renewal.
    """

    model: AccessModel
    overlap: Mapping[str, tuple[int, str]]
    absence_runs: Mapping[str, int]
    unit: Callable[[str, date], tuple[str, str]]
    lifecycle_clause: str = LIFECYCLE_CLAUSE
    lapsed_grace_days: int = 60
    _covering: dict[tuple[str, str, str, bool], tuple[Birthright, ...]] = field(default_factory=dict, repr=False)

    def covering(self, entry: Entry) -> tuple[Birthright, ...]:
        """The birthrights that a post earns.  Remembered: posts of one kind are many, kinds of posts are few."""
        told = entry.told
        kind = (told.org_code, told.title_code, told.category, told.concurrent)
        if kind not in self._covering:
            org, title, category, concurrent = kind
            self._covering[kind] = tuple(
                rule
                for rule in self.model.birthright
                if rule.covers(org_code=org, title_code=title, category=category, concurrent=concurrent)
            )
        return self._covering[kind]

    def standing(self, person: Person, on: date) -> Standing:
        """The person's standing, with silence counted as the source's setting says."""
        enough = self.absence_runs.get(person.source, 3)
        return standing(person.entries, on, absent=person.absent_runs >= enough)


def rules_for(
    model: AccessModel,
    profile: Profile,
    *,
    absence_runs: Mapping[str, int],
    unit: Callable[[str, date], tuple[str, str]],
) -> Rules:
    """The rules of a body."""
    zones = {zone.code: zone for zone in profile.zones} | {"": profile.default_zone}
    overlaps = {code: zone.handover_overlap_days for code, zone in zones.items()}
    return Rules(
        model,
        overlap={code: (days.value, days.clause) for code, days in overlaps.items()},
        absence_runs=absence_runs,
        unit=unit,
        lifecycle_clause=own_clause(profile, LIFECYCLE_CLAUSE),
        lapsed_grace_days=profile.accounts.lapsed_grace_days.value,
    )


@dataclass(frozen=True, slots=True)
class _Day:
    """What every rule below looks at: the day, the rules, the standing, and why whatever is lost is lost."""

    on: date
    rules: Rules
    now: Standing
    lost: Cause


def wanted(
    person: Person,
    on: date,
    rules: Rules,
    *,
    accounts: Sequence[Account] = (),
    grants: Sequence[Grant] = (),
    blocks: Sequence[Block] = (),
) -> dict[str, Wanted]:
    """What `person` should have on `on`, by system; systems not named are not wanted and not held."""
    now = rules.standing(person, on)
    status = _absent_cause(person, now, rules) if now.status is Status.ABSENT else _status_cause(now, rules, on)
    held = {a.system for a in accounts if a.kind is AccountKind.PERSONAL and a.state is not AccountState.DELETED}
    if now.status in (Status.FUTURE, Status.UNTOLD, Status.LEFT) or _grace_over(now, on, rules):
        # Not in service yet, or no more: whatever is there goes off, and its rights with it.
        to_come = now.status is Status.FUTURE
        return {code: Wanted(code, enabled=False, why=status, otherwise=status, to_return=to_come)
                for code in sorted(held)}  # fmt: skip
    posts = now.posts or _last_posts(person.entries, on)
    day = _Day(on, rules, now, _lost(person.entries, on, rules))
    found = _earned(posts, day)
    _add_granted(found, grants, day)
    _add_handover(found, person.entries, day)
    for code in sorted(held - set(found)):
        found[code] = Wanted(code, enabled=False, why=day.lost, otherwise=day.lost)
    _attributes(found, person, posts, day)
    if now.status is Status.IN_SERVICE and (again := _returned(person.entries, on, rules)):
        found = {code: replace(each, again=again) for code, each in found.items()}
    blocks = [each for each in blocks if not outlived(each, person.entries, on)]
    return {code: _suspended(each, status, blocks, day) for code, each in sorted(found.items())}


def outlived(block: Block, entries: Sequence[Entry], on: date) -> bool:
    """Whether a review's block has ended with the post under which it was decided: the next post earns anew."""
    return block.of_a_review and changed_post(entries, block.valid_from - timedelta(days=1), on)


def _grace_over(now: Standing, on: date, rules: Rules) -> bool:
    """Whether a term that ended without renewal has waited for one long enough."""
    if now.status is not Status.LAPSED or now.since is None:
        return False
    return now.since + timedelta(days=rules.lapsed_grace_days) <= on


def _last_posts(entries: Sequence[Entry], on: date) -> tuple[Held, ...]:
    past = [post for post in held_posts(entries) if post.until < on]
    last = max(post.until for post in past)
    return tuple(sorted((p for p in past if p.until == last), key=lambda p: p.entry.told.concurrent))


def _earned(posts: Sequence[Held], day: _Day) -> dict[str, Wanted]:
    """The accounts and entitlements that the posts earn by birthright; the first rule names the account's cause."""
    found: dict[str, Wanted] = {}
    for post in posts:
        for rule in day.rules.covering(post.entry):
            cause = _birthright_cause(rule, post.entry)
            before = found.get(rule.system)
            rights = dict(before.entitlements) if before else {}
            for name in rule.entitlements:
                rights.setdefault(name, cause)
            why = before.why if before else cause
            found[rule.system] = Wanted(rule.system, enabled=True, why=why, otherwise=day.lost, entitlements=rights)
    return found


def _birthright_cause(rule: Birthright, entry: Entry) -> Cause:
    told = entry.told
    words = f"{told.valid_from} {told.kind.label_ja} {_post(told)}（標準付与 {rule.id}）"
    return Cause(rule.id, rule.clause, words, entry, told.valid_from, told_by_silence(entry))


def told_by_silence(entry: Entry) -> bool:
    """Whether the entry's end was concluded from a row that is no longer there."""
    return entry.change is LedgerChange.ENDED


def _add_granted(found: dict[str, Wanted], grants: Sequence[Grant], day: _Day) -> None:
    for grant in grants:
        if not grant.valid_from <= day.on <= grant.valid_until or not _may_give(day.rules.model, grant):
            continue
        words = f"個別付与（{grant.valid_until}まで）"
        cause = Cause(grant.origin, grant.clause, words, day.now.cause, grant.valid_from)
        before = found.get(grant.system) or Wanted(grant.system, enabled=True, why=cause, otherwise=day.lost)
        rights = {**before.entitlements}
        if grant.entitlement:
            rights.setdefault(grant.entitlement, cause)
        found[grant.system] = replace(before, entitlements=rights)


def _may_give(model: AccessModel, grant: Grant) -> bool:
    """Whether the model has the system; and a privileged right is given by a use of a privileged ID alone (R12)."""
    system = model.systems.get(grant.system)
    if system is None:
        return False
    return not system.gives_privilege(grant.entitlement) or grant.origin.startswith(OF_A_USE)


def _add_handover(found: dict[str, Wanted], entries: Sequence[Entry], day: _Day) -> None:
    """Rights of a post just left, while its zone's handover lasts: the approved overlap of R03."""
    longest = max((days for days, _ in day.rules.overlap.values()), default=0)
    if not longest:
        return
    for post in held_posts(entries):
        if not post.until < day.on <= post.until + timedelta(days=longest):
            continue
        for rule in day.rules.covering(post.entry):
            _hand_over(found, rule, post, day)


def _hand_over(found: dict[str, Wanted], rule: Birthright, post: Held, day: _Day) -> None:
    days, clause = day.rules.overlap.get(day.rules.model.systems[rule.system].zone, (0, ""))
    last = post.until + timedelta(days=days)
    if last < day.on:
        return
    words = f"{post.entry.told.org_name}からの引継ぎ（{last}まで、標準付与 {rule.id}）"
    cause = Cause(rule.id, clause, words, post.entry, post.until + timedelta(days=1))
    before = found.get(rule.system) or Wanted(rule.system, enabled=True, why=cause, otherwise=day.lost)
    rights = {**dict.fromkeys(rule.entitlements, cause), **before.entitlements}
    found[rule.system] = replace(before, entitlements=rights)


def _lost(entries: Sequence[Entry], on: date, rules: Rules) -> Cause:
    """Why somebody in service lacks what they had: the last post that ended, or the last that began."""
    events: list[tuple[date, int, Entry]] = []
    for post in held_posts(entries):
        if post.begins <= on:
            events.append((post.begins, 0, post.entry))
        if post.until < on:
            events.append((post.until + timedelta(days=1), 1, post.ended_by or post.entry))
    effective, ended, entry = max(events, key=lambda e: e[:2])
    told = entry.told
    if ended and entry.told.valid_until < on:
        words = f"{told.valid_until} {_post(told)}の終了により対象外"
    else:
        words = f"{told.valid_from} {told.kind.label_ja} {_post(told)}により対象外"
    return Cause("no-birthright", rules.lifecycle_clause, words, entry, effective, told_by_silence(entry))


def _status_cause(now: Standing, rules: Rules, on: date) -> Cause:
    entry, status = now.cause, now.status
    words = status.label_ja
    if status is Status.LEFT and entry:
        words = f"{now.since - timedelta(days=1) if now.since else on} 退職"
    elif status is Status.LAPSED and entry:
        words = f"任期満了（{now.since - timedelta(days=1) if now.since else on}まで、更新の発令なし）"
    elif now.since:
        words = f"{words}（{now.since}から）"
    surprise = status is Status.ABSENT or (entry is not None and told_by_silence(entry))
    return Cause(status.value, rules.lifecycle_clause, words, entry, now.since, surprise)


def _absent_cause(person: Person, now: Standing, rules: Rules) -> Cause:
    """Silence has no appointment behind it: which source, how often, when last."""
    seen = f"、最後は{person.absent_on}" if person.absent_on else ""
    words = f"供給元「{person.source}」の名簿に{person.absent_runs}回続けて見当たらない{seen}"
    return Cause(now.status.value, rules.lifecycle_clause, words, None, person.absent_on, surprise=True)


def _returned(entries: Sequence[Entry], on: date, rules: Rules) -> Cause | None:
    """The end of the last leave or secondment, if there was one."""
    away = [e for e in entries if e.told.gives in (Gives.LEAVE, Gives.AWAY) and e.told.valid_until < on]
    if not away:
        return None
    last = max(away, key=lambda e: e.told.valid_until)
    back = last.told.valid_until + timedelta(days=1)
    words = f"{back} {last.told.kind.label_ja}の期間の終わり"
    return Cause("return", rules.lifecycle_clause, words, last, back, told_by_silence(last))


def _suspended(each: Wanted, status: Cause, blocks: Sequence[Block], day: _Day) -> Wanted:
    """`each`, switched off where a block or the person's standing says so; its rights stay for the way back.

    What the holder gave back, or a review took, is not on its way back: the right goes, and with the whole account all
    of its rights.
    """
    mine = [block for block in blocks if block.system in ("", each.system) and block.on(day.on)]
    for block in mine:
        if not block.entitlement and block.origin != RETURNED:
            why = _block_cause(block, day.now.cause)
            return replace(_without(each, mine), enabled=False, why=why, to_return=not block.of_a_review)
    each = _without(each, mine)
    for block in mine:
        if not block.entitlement:
            return replace(each, enabled=False, why=_block_cause(block))
    system = day.rules.model.systems.get(each.system)
    if not each.enabled or system is None or _stays_on(day.now.status, system):
        return each
    return replace(each, enabled=False, why=status, to_return=day.now.status in (Status.ON_LEAVE, Status.AWAY))


def _block_cause(block: Block, entry: Entry | None = None) -> Cause:
    words = "本人が返却" if block.origin == RETURNED else "棚卸で停止" if block.of_a_review else "権利停止"
    return Cause(block.origin, block.clause, f"{words}: {block.reason}", entry, block.valid_from)


def _without(each: Wanted, blocks: Sequence[Block]) -> Wanted:
    """`each` without the rights that are taken one by one, or go with the whole account."""
    withheld: dict[str, Cause] = {}
    for block in blocks:
        if block.takes_rights:
            names = [block.entitlement] if block.entitlement else each.entitlements
            cause = _block_cause(block)
            withheld.update((name, cause) for name in names if name not in withheld)
    kept = {name: cause for name, cause in each.entitlements.items() if name not in withheld}
    return replace(each, entitlements=kept, withheld=withheld) if withheld else each


def _stays_on(status: Status, system: System) -> bool:
    if status is Status.ON_LEAVE:
        return system.on_leave is Keep.KEEP
    if status is Status.AWAY:
        return system.while_away is Keep.KEEP
    return status is Status.IN_SERVICE


def _attributes(found: dict[str, Wanted], person: Person, posts: Sequence[Held], day: _Day) -> None:
    told = posts[0].entry.told
    org_name, department = day.rules.unit(told.org_code, max(told.valid_from, min(day.on, posts[0].until)))
    family, _, given = person.name.replace("\u3000", " ").partition(" ")
    values = {
        "staff_number": person.staff_number, "name": person.name, "family": family, "given": given.strip(),
        "name_kana": person.name_kana, "email": person.email, "org_code": told.org_code,
        "org_name": org_name or told.org_name, "department": department, "title": told.title,
        "category": told.category, "login": "{login}",
    }  # fmt: skip
    for code, each in found.items():
        system = day.rules.model.systems.get(code)
        if system is None:
            continue
        filled = {name: template.format_map({**values, "system": system.name})
                  for name, template in system.attributes.items()}  # fmt: skip
        attributes = {name: (value,) if value.strip() else () for name, value in filled.items()}
        found[code] = replace(each, attributes=attributes)


def _post(told: Told) -> str:
    """The post as officers say it: 税務課 主事."""
    return " ".join(filter(None, (told.org_name, told.title)))
