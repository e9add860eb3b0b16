"""What stands between a profile and going live.

The one law: a gap that only a person of the body can close (who holds a
title, which clause stands behind a value) stops go-live with a list; it is
never filled by a guess.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from iam.policy.cited import BASELINE
from iam.policy.clauses import Clause, clauses_of
from iam.policy.entry.signin import Rotation, RotationMode, Tightening
from iam.policy.entry.systems import ORDERS
from iam.policy.profile import REQUIRED_ROLES, Profile, Role, Title, TitleState
from iam.policy.rules import ENTRY, ROLES, SIGNIN, entry_rules, rules

SIZES = (20, 100, 1_000, 10_000, 100_000)
"""Numbers of accounts at which two bands are held against each other."""

LOOSE = 0.5
ORDERS_ROTATION: Final = "password-rotation-and-history"
"""The control of clauses that ask for passwords to be changed by period or by use."""

ORDERS_TWO_KINDS: Final = "mfa-enforcement"
"""The control of clauses that ask for two kinds of factor."""

LONGER: Final = ("password_with_factor",)
SHORTER: Final = ("delay_after", "disable_at", "idle", "overall")
"""Where a privileged ID must be strictly stronger than anybody else (OITA-S8.2.1.3e, requirement R15)."""

PRIVILEGED_IDLE: Final = 15
PRIVILEGED_OVERALL: Final = 12
"""Minutes and hours of NIST SP 800-63B-4 AAL3 (2.3.3)."""

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


def check(profile: Profile, on: date) -> list[Problem]:
    """Everything that a person still has to settle on that day, what stops go-live first.

    Raises:
        ConfigurationError: when the body's own file of clauses cannot be read.
    """
    return judge(profile, clauses_of(profile), on)


def judge(profile: Profile, clauses: Mapping[str, Clause], on: date) -> list[Problem]:
    """As `check`, with the clauses that may be cited given."""
    found = [
        *_titles(profile),
        *_roles(profile),
        *_posts(profile),
        *_clauses(profile, clauses),
        *_zones(profile),
        *_bands(profile),
        *_ages(profile),
        *_held_by(profile),
        *_privileged(profile),
        *_limits(profile),
        *_rotation(profile, clauses, on),
        *_waivers(profile, on),
        *_weaker(profile),
        *_two_kinds(profile, clauses, on),
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


def _held_by(profile: Profile) -> Iterator[Problem]:
    """Roles that nobody can hold on the pages, because no post of the personnel directory is named."""
    for role in Role:
        holder = profile.holder(role)
        if holder is not None and not holder.held_by:
            message = (
                f"「{ROLES[role]}」を担う職（{holder.post}）が名簿のどの職か分からないため、画面ではだれも担えません。"
                "held_by に所属コードと職コードを書いてください。"
            )
            yield Problem(f'titles."{holder.name}".held_by', message, holder.clause, stops=False)


def _privileged(profile: Profile) -> Iterator[Problem]:
    """A privileged ID is strictly stronger than every member of staff, or nobody goes live (requirement R15)."""
    signin = profile.signin
    staff = [signin.general, *signin.zones.values()]
    for name in (*LONGER, *SHORTER):
        strictest = (max if name in LONGER else min)(_values(staff, name))
        own = _values([signin.privileged], name)
        if not own or (own[0] <= strictest if name in LONGER else own[0] >= strictest):
            stated = f"{own[0]}" if own else "なし"
            message = (
                f"特権IDの「{SIGNIN[name]}」（{stated}）が、職員の値（{strictest}）より厳しくありません。"
                f"{strictest}{'より大きい' if name in LONGER else '未満の'}値にしてください。"
            )
            yield _about(signin.privileged, "signin.privileged", name, message)
    yield from _privileged_rotation(staff, signin.privileged)


def _values(tiers: Iterable[Tightening], name: str) -> list[int]:
    return [rule.value for tier in tiers if (rule := getattr(tier, name)) is not None]


def _privileged_rotation(staff: Iterable[Tightening], privileged: Tightening) -> Iterator[Problem]:
    """Where staff change their passwords by period or use, privileged IDs do so more often (OITA-S8.2.1.3e)."""
    for mode in (RotationMode.DAYS, RotationMode.SIGNINS):
        ordered = [every for tier in staff if (every := _ordered(tier.rotation, mode)) is not None]
        own = _ordered(privileged.rotation, mode)
        if ordered and (own is None or own >= min(ordered)):
            often = f"{min(ordered)}{'日' if mode is RotationMode.DAYS else '回使う'}ごと"
            message = f"特権IDのパスワードの定期変更を、職員の{often}より短くしてください。"
            yield _about(privileged, "signin.privileged", "rotation", message)


def _ordered(rotation: Rotation | None, mode: RotationMode) -> int | None:
    """How often a rule asks for a change by this mode once no waiver lives."""
    if rotation is None:
        return None
    if rotation.mode is RotationMode.OFF:
        return rotation.otherwise_days if mode is RotationMode.DAYS else None
    return rotation.every if rotation.mode is mode else None


def _limits(profile: Profile) -> Iterator[Problem]:
    """Limits that do not fit each other, or that NIST has for privileged use."""
    signin = profile.signin
    for key, tier in signin.tiers.items():
        if tier.idle and tier.idle.value <= signin.warning.value:
            message = (
                f"操作がないときの終了が、その予告（{signin.warning.value}分前）より早く来ます。長くしてください。"
            )
            yield _about(tier, key, "idle", message)
    delay, disable = (_values(signin.tiers.values(), name) for name in ("delay_after", "disable_at"))
    if min(disable) <= min(delay):
        message = f"待ち時間が付く失敗（{min(delay)}回）の前に使えなくなります。disable_at を大きくしてください。"
        yield _about(signin.privileged, "signin.privileged", "disable_at", message)
    for name, limit, unit in (("idle", PRIVILEGED_IDLE, "分"), ("overall", PRIVILEGED_OVERALL, "時間")):
        if any(value > limit for value in _values([signin.privileged], name)):
            message = f"特権IDの「{SIGNIN[name]}」は{limit}{unit}以下にしてください。"
            yield _about(signin.privileged, "signin.privileged", name, message)


def _rotation(profile: Profile, clauses: Mapping[str, Clause], on: date) -> Iterator[Problem]:
    """A clause that orders a change of passwords is kept, or set aside by 例外措置, never overlooked (OITA-S9.4.1)."""
    ordering = [
        each
        for each in clauses.values()
        if profile.body.prefix and each.prefix == profile.body.prefix and each.control == ORDERS_ROTATION
    ]
    rotation = profile.signin.general.rotation
    mode, _ = rotation.effective(on)
    if ordering and mode is RotationMode.OFF and not rotation.waived(on):
        message = (
            f"条項「{ordering[0].id}」が定期変更を求めています。mode を days か signins にするか、"
            "例外措置（waiver、waiver_until、otherwise_days）を書いてください。"
        )
        yield Problem("signin.general.rotation", message, ordering[0].id, stops=True)


def _waivers(profile: Profile, on: date) -> Iterator[Problem]:
    """Waivers that have lapsed; what they set aside holds again without anybody's action (requirement R21)."""
    for key, tier in profile.signin.tiers.items():
        for name in ("second_factor", "rotation"):
            rule = getattr(tier, name)
            if rule is not None and rule.waiver_until is not None and not rule.waived(on):
                message = f"例外措置の期限が過ぎたため、「{SIGNIN[name]}」は元の定めに戻っています。"
                yield Problem(f"{key}.{name}", f"{message}続けるときは改めて書いてください。", rule.clause, stops=False)


def _weaker(profile: Profile) -> Iterator[Problem]:
    """A zone that asks less of coming in than is asked everywhere: nothing is loosened, but somebody meant it to be."""
    general = dict(entry_rules(profile.entry.general))
    for code, tier in profile.entry.zones.items():
        for name, rule in entry_rules(tier):
            order = ORDERS[name]
            if order.index(rule.value) < order.index(general[name].value):
                message = f"「{ENTRY[name]}」が全体の定めより緩いため、全体の定めが勝ちます。この行を消してください。"
                yield Problem(f"entry.zones.{code}.{name}", message, rule.clause, stops=False)


def _two_kinds(profile: Profile, clauses: Mapping[str, Clause], on: date) -> Iterator[Problem]:
    """Nobody comes into a zone with one kind of factor where a clause orders two for that zone (requirement R22)."""
    for zone in profile.zones:
        if profile.signin.resolved([zone.code], privileged=False, on=on).second_factor:
            continue
        cited = [
            rule.clause
            for rule in rules(profile)
            if rule.key.startswith((f"signin.zones.{zone.code}.", f"entry.zones.{zone.code}."))
            and rule.clause in clauses
            and clauses[rule.clause].control == ORDERS_TWO_KINDS
        ]
        if cited:
            message = (
                f"条項「{cited[0]}」が領域「{zone.label}」に二種類の要素を求めています。"
                "second_factor に例外措置を置かず、求める（value = true）にしてください。"
            )
            yield Problem(f"signin.zones.{zone.code}.second_factor", message, cited[0], stops=True)


def _about(tier: Tightening, key: str, name: str, message: str) -> Problem:
    rule = getattr(tier, name)
    return Problem(f"{key}.{name}", message, rule.clause if rule is not None else BASELINE, stops=True)
