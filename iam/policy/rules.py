"""A profile as a flat list of rules that can say themselves, and where two profiles differ.

The one law: whatever decides something stands in this list, so that `show`,
`diff` and the check of clauses can never overlook a rule that the others see.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from pydantic import BaseModel

from iam.policy.cited import Cited, Flag, Measured
from iam.policy.entry.privileged import Alone, Privileged
from iam.policy.entry.review import Review
from iam.policy.entry.signin import Attestation, AttestationChoice, Makes, Rotation, RotationMode, SecondFactor, Signin
from iam.policy.entry.systems import AcrossRule, Entry, EntryTier, OutsideRule, UnregisteredRule
from iam.policy.profile import (
    Band,
    DefaultEnd,
    Guard,
    PostPattern,
    Profile,
    Role,
    StaffCategory,
    StaffKind,
    Title,
    TitleState,
    Zone,
)

CHANGES: Mapping[str, str] = {
    "revoke": "権限の取消し",
    "disable": "利用者IDの停止",
    "create": "利用者IDの作成",
    "modify": "属性の変更",
    "enable": "利用者IDの再開",
    "grant": "権限の付与",
    "delete": "利用者IDの削除",
}
ROLES: Mapping[Role, str] = {
    Role.GENERAL_OFFICER: "統括",
    Role.APPROVER: "承認者",
    Role.HR_OFFICER: "人事担当",
    Role.SYSTEM_OWNER: "システム所管",
    Role.OPERATOR: "運用担当",
    Role.AUDITOR: "監査担当",
    Role.DATA_OFFICER: "データの責任者",
    Role.TERMINAL_OFFICER: "端末の責任者",
}
KINDS: Mapping[StaffKind, str] = {
    StaffKind.OFFICIAL: "公職者",
    StaffKind.CONTRACTOR: "委託先の者",
    StaffKind.DEVELOPMENT: "開発に使うID",
    StaffKind.SYSTEM: "機器が使うID",
}
ENDS: Mapping[DefaultEnd, str] = {
    DefaultEnd.NONE: "終期なし",
    DefaultEnd.FISCAL_YEAR_END: "終期は任用年度の3月31日",
    DefaultEnd.REQUIRED: "終了日が必要",
}
NUMBERS: Mapping[str, str] = {
    "absence_runs": "不在とみなす回数",
    "lapsed_grace_days": "任期満了後の更新待ち",
    "term_notice_days": "任期満了の予告",
    "retention_days": "停止から削除までの保存",
    "review_interval_months": "棚卸の間隔",
    "handover_overlap_days": "引継ぎの重なり",
    "dormancy_days": "未使用とみなす期間",
    "audit_retention_years": "記録の保存",
    "window": "一度の利用",
    "longest": "続けて使える長さ",
    "rest": "続けてと数える間隔",
    "witness_silence": "立会いの応答を待つ長さ",
    "delegation_days": "代行の最長の期間",
    "pending_days": "指名が承認を待つ期間",
    "record_days": "作業記録の期限（開庁日）",
    "emergency": "緊急利用",
    "opens_on": "始める日（四半期の最初の月）",
    "april_on": "始める日（4月の発令の後）",
    "due": "回答の期間",
    "remind": "催促",
    "escalate": "期限を過ぎてから回答なしとみなすまで",
    "peers": "同じ所属・職の人数（権限を比べる）",
    "peers_share": "少数とみなす割合",
    "many": "速すぎる回答とみなす件数",
    "pace": "速すぎる回答とみなす1件あたりの秒数",
}
SIGNIN: Mapping[str, str] = {
    "reauthentication": "大事な操作の前に再び確かめるまで",
    "warning": "終了の予告",
    "temporary_code_life": "窓口で渡すコードの有効期間",
    "approved_keys": "登録できるセキュリティキー",
    "attestation": "セキュリティキーの製造元の証明",
    "japanese_era": "日付を和暦で示す",
    "clock_offset": "時計のずれの許容",
    "second_factor": "二種類の要素",
    "phishing_resistant": "偽の画面では使えない要素",
    "synced_keys": "端末間で同期されるパスキー",
    "totp_previous_step": "一つ前のワンタイムコード",
    "password_alone": "パスワードの長さ（ほかの要素なし）",
    "password_with_factor": "パスワードの長さ（ほかの要素と併用）",
    "history": "再び使えないパスワード",
    "rotation": "パスワードの定期変更",
    "temporary_life": "仮パスワードの有効期間",
    "delay_after": "待ち時間が付く失敗",
    "disable_at": "使えなくなる失敗",
    "idle": "操作がないときの終了",
    "overall": "サインインの上限",
}
FLAGS: Mapping[str, tuple[str, str]] = {
    "japanese_era": ("示す", "示さない"),
    "phishing_resistant": ("求める", "求めない"),
    "synced_keys": ("認める", "認めない"),
    "totp_previous_step": ("認める", "認めない"),
}
ENTRY: Mapping[str, str] = {
    "unregistered": "台帳にない端末",
    "outside": "庁外から",
    "public": "公衆回線から",
    "across": "ほかの領域から",
}
ENTRY_WORDS: Mapping[str, str] = {
    "allow": "認める",
    "step_up": "第二の要素を求める",
    "deny": "認めない",
    "permission": "許可を受けた者だけ",
    "flows": "定めた通信だけ",
    "none": "認めない",
}
CODED: Mapping[str, str] = {"zones": "領域", "categories": "職員区分", "titles": "役職名"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: its key in the TOML, its name and its value in Japanese, and the clause behind it."""

    key: str
    label: str
    value: str
    clause: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule that two profiles do not share; a side without the rule is None."""

    key: str
    label: str
    left: Rule | None
    right: Rule | None

    @property
    def in_value(self) -> bool:
        """Whether the values differ, and not only the clauses behind one and the same value."""
        return self.left is None or self.right is None or self.left.value != self.right.value


def rules(profile: Profile) -> list[Rule]:
    """Every rule of the profile, in the order an officer would ask for them."""
    confidential = "公開しない" if profile.parameters_confidential.value else "制限なし"
    return [
        _rule("parameters_confidential", "値の公開", confidential, profile.parameters_confidential),
        *_zones(profile),
        *_removed(profile, "zones"),
        *(_category(category) for category in profile.categories),
        *_removed(profile, "categories"),
        *(_title(title) for title in profile.titles),
        *_removed(profile, "titles"),
        *_bands(profile.guard),
        *_numbers(profile.accounts, "accounts", ""),
        *_numbers(profile.privileged, "privileged", "特権ID "),
        *_privileged(profile.privileged),
        *_numbers(profile.review, "review", "棚卸 "),
        *_review(profile.review),
        *_numbers(profile.network, "network", "領域の外 "),
        *_signin(profile.signin),
        *_entry(profile.entry),
    ]


def diff(left: Profile, right: Profile) -> list[Difference]:
    """Where two profiles differ, in value or in the clause behind it, in the order of `left`."""
    ours = {rule.key: rule for rule in rules(left)}
    theirs = {rule.key: rule for rule in rules(right)}
    found = []
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        a, b = ours.get(key), theirs.get(key)
        named = a or b
        if named and (a is None or b is None or (a.value, a.clause) != (b.value, b.clause)):
            found.append(Difference(key, named.label, a, b))
    return found


def _rule(key: str, label: str, value: str, cited: Cited) -> Rule:
    return Rule(key, label, value, cited.clause, cited.note)


def _removed(profile: Profile, kind: str) -> Iterator[Rule]:
    for gone in profile.removed:
        if gone.kind == kind:
            yield _rule(f"{kind}.{gone.code}", f"{CODED[kind]} {gone.code}", "なし", gone)


def _zones(profile: Profile) -> Iterator[Rule]:
    default = profile.default_zone
    yield _rule("default_zone", "既定の領域", default.code or default.label, profile.default_zone_code)
    for zone in profile.zones:
        yield from _zone(zone)


def _zone(zone: Zone) -> Iterator[Rule]:
    key, label = f"zones.{zone.code}", f"領域 {zone.code}"
    residual = "（他の領域に当たらないもの全部）" if zone.residual else ""
    yield _rule(key, label, f"{zone.label}{residual}", zone)
    yield from _numbers(zone, key, f"{label} ")


def _category(category: StaffCategory) -> Rule:
    facts = [
        *([] if category.is_staff else [KINDS[category.kind]]),
        ENDS[category.default_end],
        *(["派遣元が必要"] if category.needs_home_body else []),
    ]
    value = f"{category.label}（{'、'.join(facts)}）"
    return _rule(f"categories.{category.code}", f"職員区分 {category.code}", value, category)


def _title(title: Title) -> Rule:
    states = {
        TitleState.ASSIGNED: f"{title.post}を充てる",
        TitleState.MERGED: f"{title.into}が兼ねる",
        TitleState.NOT_USED: "使わない",
        TitleState.UNMAPPED: "未定",
    }
    roles = f"（役割: {'、'.join(ROLES[role] for role in title.roles)}）" if title.roles else ""
    posts = f"（名簿では {'、'.join(map(_post_words, title.held_by))}）" if title.held_by else ""
    return _rule(f"titles.{title.name}", f"役職名 {title.name}", f"{states[title.state]}{posts}{roles}", title)


def _post_words(pattern: PostPattern) -> str:
    parts = {"所属": pattern.org, "職": pattern.title}
    where = "の".join(f"{word} {'か'.join(codes)}" for word, codes in parts.items() if codes)
    first = "" if pattern.valid_from == date.min else f"{_day_words(pattern.valid_from)}から"
    last = "" if pattern.valid_until == date.max else f"{_day_words(pattern.valid_until)}まで"
    return f"{first}{last}{where}"


def _day_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _band_words(band: Band) -> str:
    count = "" if band.count is None else f"{band.count}件"
    share = "" if band.share is None else f"{band.share * 100:g}%"
    both = f"{count}か{share}の小さい方" if count and share else count or share
    return f"{both}まで" + (f"（{band.minimum}件までは通す）" if band.minimum else "")


def _bands(guard: Guard) -> Iterator[Rule]:
    named = {
        "feed_total": ("取込み 全体の欠落", guard.feed_total),
        "feed_department": ("取込み 所属ごとの欠落", guard.feed_department),
        **{f"plan.{kind}": (f"計画 {words}", guard.plan[kind]) for kind, words in CHANGES.items()},
        "department": ("計画 所属ごとの停止・取消し", guard.department),
        "attribute": ("計画 同じ属性の変更", guard.attribute),
        "ceiling": ("計画 一晩の停止・取消しの上限（予告の有無によらない）", guard.ceiling),
    }
    for key, (label, band) in named.items():
        yield _rule(f"guard.{key}", label, _band_words(band), band)


def _numbers(part: BaseModel, key: str, label: str) -> Iterator[Rule]:
    """The numbers of one part of a profile, in the order of its fields."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Measured):
            yield _rule(f"{key}.{name}", f"{label}{NUMBERS[name]}", value.words(), value)


def _privileged(privileged: Privileged) -> Iterator[Rule]:
    """What is no number among the rules of privileged IDs."""
    witness, alone = privileged.witness, privileged.alone
    yield _rule(
        "privileged.witness", "特権ID 立会い", "必ず付ける" if witness.value else "例外措置のとき以外は付ける", witness
    )
    words = {Alone.PAUSE: "戻るまで止める", Alone.END: "その場で終える"}[alone.value]
    yield _rule("privileged.alone", "特権ID 立会者がいなくなったとき", words, alone)


def _review(review: Review) -> Iterator[Rule]:
    """What is no number among the rules of reviews."""
    april = "始める" if review.after_april.value else "始めない"
    yield _rule("review.after_april", "棚卸 4月の発令の後にも", april, review.after_april)
    yield _rule("review.silence", "棚卸 回答がなかったID", review.silence.value.label_ja, review.silence)
    yield _rule("review.test_names", "棚卸 試験・開発のIDの名前", "、".join(review.test_names.value), review.test_names)


def _signin(signin: Signin) -> Iterator[Rule]:
    """What is asked of signing in, the general rules before those of each zone."""
    yield from _asked(signin, "signin", "サインイン ")
    labels = {"signin.general": "全員", "signin.privileged": "特権ID"}
    for key, tier in signin.tiers.items():
        label = labels.get(key) or f"領域 {key.rpartition('.')[2]}"
        yield from _asked(tier, key, f"サインイン {label} ")


def _asked(part: BaseModel, key: str, label: str) -> Iterator[Rule]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, Cited):
            yield _rule(f"{key}.{name}", f"{label}{SIGNIN[name]}", _signin_words(name, value), value)


def _signin_words(name: str, rule: Cited) -> str:
    match rule:
        case Flag():
            return FLAGS[name][0 if rule.value else 1]
        case SecondFactor():
            return "求める" if rule.value else f"求めない{_waiver_words(rule)}"
        case Rotation():
            return _rotation_words(rule)
        case AttestationChoice():
            return "求める" if rule.value is Attestation.REQUIRED else "求めない"
        case Makes():
            return f"{len(rule.value)}機種だけ" if rule.value else "機種を限らない"
        case Measured():
            return rule.words()
    raise TypeError(name)


def _rotation_words(rule: Rotation) -> str:
    if rule.mode is not RotationMode.OFF:
        return f"{rule.every}{'日' if rule.mode is RotationMode.DAYS else '回使う'}ごと"
    after = "" if rule.otherwise_days is None else f"。ない間は{rule.otherwise_days}日ごと"
    return f"求めない{_waiver_words(rule, after)}"


def _waiver_words(rule: SecondFactor | Rotation, after: str = "") -> str:
    if rule.waiver_until is None:
        return f"（例外措置がありません{after}）" if after else ""
    return f"（例外措置「{rule.waiver}」、{_day_words(rule.waiver_until)}まで{after}）"


def _entry(entry: Entry) -> Iterator[Rule]:
    """What is asked of coming into a system, the general rules before those of each zone."""
    for key, tier in entry.tiers.items():
        label = "どこでも" if tier is entry.general else f"領域 {key.rpartition('.')[2]}"
        for name, rule in entry_rules(tier):
            yield _rule(f"{key}.{name}", f"システムへの入り方 {label} {ENTRY[name]}", ENTRY_WORDS[rule.value], rule)


def entry_rules(tier: EntryTier) -> Iterator[tuple[str, UnregisteredRule | OutsideRule | AcrossRule]]:
    """What the tier states, by name."""
    for name in ENTRY:
        rule = getattr(tier, name)
        if rule is not None:
            yield name, rule
