"""From a proved deployment to the job of a night: feeds with their rules, the policy, the targets.

The one law: *a digest changes whenever what it stands for does*: another
profile, model, code or organisation is looked at anew, and so is a day on
which the organisation turns.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import astuple
from datetime import date, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from typing import Final

from iam.access.model import AccessModel
from iam.access.wanted import Rules, rules_for
from iam.intake.staging import SourceRules
from iam.jobs.job import Feed, Job
from iam.office.roles import Offices
from iam.people.feed import FeedRow
from iam.people.organisation import Organisation
from iam.people.rows import read_row
from iam.policy.profile import Profile
from iam.ports import Target
from iam.record.store import Store, canonical_json
from iam.review.opening.plan import Ground
from iam.settings import SourceSettings
from iam.sync.prepare import Policy
from iam.sync.stored.release import released_by_posts
from web.body.connections import source_of, target_of
from web.body.deployment import Deployment

UNDERSTANDING: Final = 1
"""Raised when a new version of the program understands the same row, or the same policy, otherwise."""

Unit = Callable[[str, date], tuple[str, str]]


def job_for(
    deployment: Deployment,
    store: Store,
    actor: str,
    *,
    today: date,
    on: date | None = None,
    only: Collection[str] = (),
    progress: Callable[[str, int, int], None],
) -> Job:
    """A job on `today`, or one that rehearses `on`.  `only` names the sources to read; by default all."""
    settings = deployment.settings
    unit = unit_on(deployment.organisation)
    feeds = [
        Feed(source_of(name, each.kind, deployment.sources[name]), _source_rules(deployment, name, unit, today))
        for name, each in settings.sources.items()
        if not only or name in only
    ]
    targets = targets_of(deployment)
    policy = policy_of(deployment, unit, on or today)
    officers, offices = settings.officers.release, releasing_offices(deployment)
    told = offices_of(deployment) if settings.portal else None
    return Job(store, actor, policy, feeds, targets, today, time.sleep, progress, officers, offices, told)


def targets_of(deployment: Deployment, patience: int | None = None) -> dict[str, Target]:
    """Every target of the body.  `patience`: the most seconds that one may be silent, whatever its own settings say."""
    found: dict[str, Target] = {}
    for code, each in deployment.settings.targets.items():
        options, attributes = deployment.targets[code], deployment.model.systems[code].attributes.keys()
        timeout: int | None = getattr(options, "timeout", None)
        if patience is not None and timeout is not None:
            options = options.model_copy(update={"timeout": min(timeout, patience)})
        found[code] = target_of(code, each.kind, options, attributes)
    return found


def offices_of(deployment: Deployment) -> Offices:
    """What the body's files say of who holds which role."""
    profile, sources = deployment.profile, deployment.settings.sources
    return Offices(profile, {name: _absence_runs(profile, each) for name, each in sources.items()})


def releasing_offices(deployment: Deployment) -> Offices | None:
    """The offices, where held plans are released in the portal; None where operating-system accounts release them.

    It is the one or the other, so that nobody signs once as an account and once as themselves.
    """
    offices = offices_of(deployment)
    return offices if deployment.settings.portal and released_by_posts(offices) else None


def release_page(deployment: Deployment, plan_id: int) -> str:
    """Where a plan is shown and released in the portal; "" where it is not released there."""
    portal = deployment.settings.portal
    return f"{portal.origin}/office/plans/{plan_id}" if portal and releasing_offices(deployment) else ""


def ground_of(deployment: Deployment) -> Ground:
    """What opening a review needs to know of the body: all systems of the model, not only those that the sync feeds."""
    return Ground(deployment.profile, deployment.model, offices_of(deployment), unit_on(deployment.organisation))


def review_page(deployment: Deployment, campaign_id: int) -> str:
    """Where a review is answered in the portal; "" where there is none."""
    portal = deployment.settings.portal
    return f"{portal.origin}/office/review/{campaign_id}" if portal else ""


def policy_of(deployment: Deployment, unit: Unit, on: date) -> Policy:
    """What the body's profile, access model and organisation say to the sync on a day."""
    profile, model = deployment.profile, deployment.model.fed
    rules = rules_of(deployment, unit, model)
    retention = profile.accounts.retention_days.value
    digest = _digest(profile.digest, model.digest, _told(deployment.organisation, on), rules.absence_runs, retention)
    return Policy(rules, profile.guard, retention, digest)


def rules_of(deployment: Deployment, unit: Unit, model: AccessModel | None = None) -> Rules:
    """What is wanted for whom: the part of the policy that no day changes.

    `model`: all systems unless given; the sync is told of those alone that a connector feeds.
    """
    absence_runs = offices_of(deployment).absence
    return rules_for(model or deployment.model, deployment.profile, absence_runs=absence_runs, unit=unit)


def unit_on(organisation: Organisation) -> Unit:
    """The names of a unit and of its department on a day; "" for what the organisation does not know."""

    @lru_cache(maxsize=65536)
    def unit(code: str, day: date) -> tuple[str, str]:
        here, department = organisation.at(code, day), organisation.department(code, day)
        return here.name if here else "", department.name if department else ""

    return unit


def _absence_runs(profile: Profile, source: SourceSettings) -> int:
    """What the source says of itself, else what the profile says."""
    return source.absence_runs if "absence_runs" in source.model_fields_set else profile.accounts.absence_runs.value


def _source_rules(deployment: Deployment, name: str, unit: Unit, today: date) -> SourceRules:
    source, profile = deployment.settings.sources[name], deployment.profile
    codes, organisation = deployment.codes(name), deployment.organisation
    categories = {category.code: category for category in profile.categories}
    authority = frozenset(source.authority)
    understood = [[each.code, each.default_end, each.needs_home_body] for each in profile.categories]
    digest = _digest(astuple(codes), sorted(authority), source.number_prefix, understood, _told(organisation, today))
    return SourceRules(
        name=name,
        digest=digest,
        authority=authority,
        number_prefix=source.number_prefix,
        read_row=partial(
            read_row,
            codes=codes,
            categories=categories,
            organisation=organisation,
            number_prefix=source.number_prefix,
        ),
        department=partial(_department, unit=unit, today=today),
        exists=frozenset(_departments(organisation, today)).__contains__,
    )


def _department(row: FeedRow, unit: Unit, today: date) -> str:
    """The department of a row today, or on its first or last day where it is not in force today."""
    name, department = unit(row.org_code, max(row.valid_from, min(today, row.valid_until)))
    return department or name or row.org_name


def _departments(organisation: Organisation, today: date) -> Iterator[str]:
    """The names of the departments of today, and of the units that stand for themselves."""
    for unit in organisation:
        if unit.on(today):
            department = organisation.department(unit.code, today)
            yield department.name if department else unit.name


def _told(organisation: Organisation, on: date) -> object:
    """The whole organisation, and the last day up to `on` on which anything in it turned."""
    turns: set[date] = {unit.valid_from for unit in organisation}
    turns |= {unit.valid_until + timedelta(days=1) for unit in organisation if unit.valid_until < date.max}
    passed = max((day for day in turns if day <= on), default=date.min)
    return [passed, sorted(astuple(unit) for unit in organisation)]


def _digest(*parts: object) -> str:
    return sha256(canonical_json([UNDERSTANDING, *parts]).encode()).hexdigest()
