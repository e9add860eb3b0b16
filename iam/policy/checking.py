"""What stands between a profile and going live.

The one law: a gap that only a person of the body can close (who holds a
title, which clause stands behind a value) stops go-live with a list; it is
never filled by a guess.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from iam.policy.cited import BASELINE
from iam.policy.clauses import Clause, clauses_of
from iam.policy.profile import REQUIRED_ROLES, Profile, Role, Title, TitleState
from iam.policy.rules import ROLES, rules

SIZES = (20, 100, 1_000, 10_000, 100_000)
"""Numbers of accounts at which two bands are held against each other."""

LOOSE = 0.5
NEVER_ONE_POST = (Role.GENERAL_OFFICER, Role.APPROVER)
BETTER_APART = (
    (Role.GENERAL_OFFICER, Role.HR_OFFICER, "棚卸の二つの署名"),
    (Role.GENERAL_OFFICER, Role.AUDITOR, "監査する者とされる者"),
    (Role.APPROVER, Role.AUDITOR, "監査する者とされる者"),
    (Role.SYSTEM_OWNER, Role.AUDITOR, "監査する者とされる者"),
    (Role.OPERATOR, Role.AUDITOR, "監査する者とされる者"),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about a profile; `stops` says whether go-live must wait for it."""

    key: str
    message: str
    clause: str
    stops: bool


def check(profile: Profile) -> list[Problem]:
    """Everything that a person still has to settle, what stops go-live first.

    Raises:
        ConfigurationError: when the body's own file of clauses cannot be read.
    """
    return judge(profile, clauses_of(profile))


def judge(profile: Profile, clauses: Mapping[str, Clause]) -> list[Problem]:
    """As `check`, with the clauses that may be cited given."""
    found = [
        *_titles(profile),
        *_roles(profile),
        *_posts(profile),
        *_clauses(profile, clauses),
        *_zones(profile),
        *_bands(profile),
        *_ages(profile),
    ]
    return sorted(found, key=lambda problem: not problem.stops)


def _titles(profile: Profile) -> Iterator[Problem]:
    for title in profile.titles:
        key = f'titles."{title.name}"'
        if title.state is TitleState.UNMAPPED:
            message = (
                f"役職名「{title.name}」の担い手が未定です。充てる職か、兼ねる役職か、使わないかを決めてください。"
            )
            yield Problem(key, message, title.clause, stops=True)
        elif title.state is TitleState.MERGED and _leads_nowhere(profile, title):
            message = (
                f"役職名「{title.name}」の統合先「{title.into}」は職に充てられていません。統合先を直してください。"
            )
            yield Problem(key, message, title.clause, stops=True)


def _leads_nowhere(profile: Profile, title: Title) -> bool:
    """Whether merges from `title` run in a circle or end in a title that is not used.

    One that ends in an unmapped title is reported there already.
    """
    seen = set()
    current: Title | None = title
    while current and current.state is TitleState.MERGED and current.name not in seen:
        seen.add(current.name)
        current = profile.title(current.into)
    return current is None or current.state in {TitleState.MERGED, TitleState.NOT_USED}


def _roles(profile: Profile) -> Iterator[Problem]:
    for role in Role:
        bearers = [title for title in profile.titles if role in title.roles and title.state is not TitleState.NOT_USED]
        holders = {holder.name for title in bearers if (holder := profile.settled(title))}
        if not bearers and role in REQUIRED_ROLES:
            message = f"「{ROLES[role]}」を担う役職名がありません。いずれかの roles に {role} を加えてください。"
            yield Problem("titles", message, BASELINE, stops=True)
        if len(holders) > 1:
            names = "、".join(sorted(holders))
            message = f"「{ROLES[role]}」を担う役職名が複数あります（{names}）。{role} を一つだけに残してください。"
            yield Problem("titles", message, BASELINE, stops=True)


def _posts(profile: Profile) -> Iterator[Problem]:
    """Roles that may not, or had better not, rest on one post (OITA-S3.7.1, OITA-S3.7.2)."""
    posts = {role: holder.post for role in Role if (holder := profile.holder(role))}
    nominator, approver = (posts.get(role) for role in NEVER_ONE_POST)
    if nominator and nominator == approver:
        message = f"特権の代行を指名する職と承認する職が同じです（{approver}）。どちらかを別の職に充ててください。"
        yield Problem("titles", message, BASELINE, stops=True)
    for one, other, matter in BETTER_APART:
        if one in posts and posts[one] == posts.get(other):
            both = f"「{ROLES[one]}」と「{ROLES[other]}」"
            message = f"{both}が同じ職です（{posts[one]}）。{matter}は別の人が担うよう、代理者を決めてください。"
            yield Problem("titles", message, BASELINE, stops=False)


def _clauses(profile: Profile, known: Mapping[str, Clause]) -> Iterator[Problem]:
    prefix = profile.body.prefix
    for rule in rules(profile):
        if rule.clause == BASELINE:
            continue
        if rule.clause not in known:
            message = (
                f"条項「{rule.clause}」は条項一覧にありません。綴りを確かめるか、団体の条項ファイルに加えてください。"
            )
            yield Problem(rule.key, message, rule.clause, stops=True)
        elif known[rule.clause].prefix != prefix:
            owner = known[rule.clause].body
            message = f"条項「{rule.clause}」は{owner}の条項です。この団体の条項か baseline にしてください。"
            yield Problem(rule.key, message, rule.clause, stops=True)


def _zones(profile: Profile) -> Iterator[Problem]:
    for zone in profile.zones:
        key = f"zones.{zone.code}"
        if "handover_overlap_days" not in zone.model_fields_set:
            message = "引継ぎの重なりが書かれていません。0日として扱います。承認した日数を書いてください。"
            yield Problem(f"{key}.handover_overlap_days", message, zone.clause, stops=False)
        if zone.residual and zone is not profile.default_zone:
            message = "残り全部を受ける領域（residual）が既定の領域と違います。default_zone にそろえてください。"
            yield Problem(key, message, zone.clause, stops=True)


def _bands(profile: Profile) -> Iterator[Problem]:
    plan = profile.guard.plan
    if any(plan.delete.limit(size) > plan.disable.limit(size) for size in SIZES):
        message = "削除の上限が停止の上限より緩くなっています。削除は停止より厳しくしてください。"
        yield Problem("guard.plan.delete", message, plan.delete.clause, stops=True)
    guard = profile.guard
    named = {
        "feed_total": guard.feed_total,
        "feed_department": guard.feed_department,
        "plan.disable": plan.disable,
        "plan.revoke": plan.revoke,
        "plan.delete": plan.delete,
        "department": guard.department,
    }
    for key, band in named.items():
        if band.count is None and band.share is not None and band.share >= LOOSE:
            message = (
                f"上限が{band.share * 100:g}%では、半分が消えても止まりません。割合を下げるか、件数を加えてください。"
            )
            yield Problem(f"guard.{key}", message, band.clause, stops=False)


def _ages(profile: Profile) -> Iterator[Problem]:
    accounts, privileged = profile.accounts, profile.privileged
    if accounts.retention_days.value < accounts.lapsed_grace_days.value:
        message = "削除までの保存が更新待ちより短く、任期の更新が遅れると戻せません。保存を長くしてください。"
        yield Problem("accounts.retention_days", message, accounts.retention_days.clause, stops=True)
    if privileged.dormancy_days.value > profile.network.dormancy_days.value:
        message = "特権IDを未使用とみなす期間が、一般より長くなっています。一般以下にしてください。"
        yield Problem("privileged.dormancy_days", message, privileged.dormancy_days.clause, stops=False)
    if privileged.review_interval_months.value > accounts.review_interval_months.value:
        message = "特権IDの棚卸の間隔が、一般より長くなっています。一般以下にしてください。"
        yield Problem(
            "privileged.review_interval_months", message, privileged.review_interval_months.clause, stops=False
        )
