"""From what is wanted and what is there to the changes between them: pure.

The one law: a change is data that can say itself in one sentence and name its
cause; the same value is shown, judged, stored, applied and recorded (design
law 1).
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from iam.access.accounts import Account, AccountKind, AccountState
from iam.access.model import AccessModel
from iam.access.naming import comparable_login, login_for
from iam.access.wanted import Cause, Wanted
from iam.people.ledger import Person
from iam.ports import TargetAccount


class ChangeKind(StrEnum):
    """What a change does.  The order is the order of applying: rights of the old go before the new come (R03)."""

    REVOKE = "revoke"
    DISABLE = "disable"
    LINK = "link"
    CREATE = "create"
    MODIFY = "modify"
    ENABLE = "enable"
    GRANT = "grant"
    DELETE = "delete"

    @property
    def label_ja(self) -> str:
        """The heading that an operator reads."""
        return _LABELS[self]


_LABELS = {
    ChangeKind.REVOKE: "権限の取消",
    ChangeKind.DISABLE: "IDの停止",
    ChangeKind.LINK: "既存IDの紐付け",
    ChangeKind.CREATE: "IDの作成",
    ChangeKind.MODIFY: "属性の変更",
    ChangeKind.ENABLE: "IDの再開",
    ChangeKind.GRANT: "権限の付与",
    ChangeKind.DELETE: "IDの削除",
}
ORDER = tuple(ChangeKind)


@dataclass(frozen=True, slots=True)
class Change:
    """One step on one target.  `before` and `after` hold the differing attributes of a MODIFY.

    `drift`: the target differs from what was last verified there, though
    nothing was asked of it.
    """

    kind: ChangeKind
    system: str
    system_name: str
    login: str
    person_id: int
    staff_number: str
    name: str
    department: str
    cause: Cause
    entitlement: str = ""
    entitlement_name: str = ""
    native_id: str = ""
    enabled: bool = True
    before: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    after: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    drift: bool = False

    def __str__(self) -> str:
        """The change in one sentence, with its cause and clause."""
        return f"{self.deed()} ← {self.reason()}"

    def deed(self) -> str:
        """What is done, and to whom."""
        who = f"{self.system_name} {self.login}（{self.name}）"
        match self.kind:
            case ChangeKind.REVOKE:
                return f"{who}から権限「{self.entitlement_name}」を外す"
            case ChangeKind.GRANT:
                return f"{who}に権限「{self.entitlement_name}」を付ける"
            case ChangeKind.MODIFY:
                return f"{who}の{self._differences()}を変える"
            case ChangeKind.LINK:
                return f"{who}をシステムにある既存のIDに紐付ける"
            case _:
                verb = {"disable": "停止する", "create": "作成する", "enable": "再開する", "delete": "削除する"}
                return f"{who}を{verb[self.kind.value]}"

    def reason(self) -> str:
        """Why: the cause's words, its clause, and where it was read."""
        parts = [self.cause.words]
        if self.drift:
            parts.insert(0, "システム側が最後の確認から変わっている")
        place = f"、{self.cause.entry.place}" if self.cause.entry else ""
        return f"{' / '.join(parts)} [{self.cause.clause}{place}]"

    def _differences(self) -> str:
        return "、".join(
            f"{name}（{'・'.join(self.before.get(name, ())) or 'なし'}→{'・'.join(value) or 'なし'}）"
            for name, value in self.after.items()
        )

    @property
    def key(self) -> tuple[object, ...]:
        """What makes two changes of different runs the same one, so that a rehearsal can vouch for it."""
        entry = self.cause.entry.id if self.cause.entry else None
        attributes = tuple(sorted(self.after.items()))
        return (self.system, self.staff_number, self.kind.value, self.entitlement, entry, attributes)

    @property
    def effect(self) -> tuple[object, ...]:
        """What it does to the target, whoever asked and why."""
        return (self.kind, self.system, self.login, self.entitlement, self.enabled, tuple(sorted(self.after.items())))


@dataclass(frozen=True, slots=True)
class Dispute:
    """Something on a target that we will not touch until somebody decides."""

    system: str
    login: str
    staff_number: str
    reason: str

    def __str__(self) -> str:
        return f"{self.system} {self.login}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Actual:
    """What a target holds for one account: the entry, and the entitlements."""

    account: TargetAccount
    entitlements: frozenset[str]


@dataclass(frozen=True)
class Scene:
    """One person with all that their changes depend on.

    `actual`: by (system, comparable login); `held`: the entitlements last
    verified there, likewise; `linked`: by system, what the
    target holds under the person's number without an account of ours;
    `doubled`: by system, why that cannot be told;
    `readable`: systems whose reading was complete; `protected`: (system,
    login) that nobody touches; `numbers`: every staff number that the person
    ever had; `unused`: systems in which we have no account of anybody yet.
    """

    person: Person
    department: str
    wanted: Mapping[str, Wanted]
    accounts: Sequence[Account]
    actual: Mapping[tuple[str, str], Actual]
    held: Mapping[tuple[str, str], frozenset[str]]
    linked: Mapping[str, Actual]
    doubled: Mapping[str, str]
    readable: frozenset[str]
    protected: frozenset[tuple[str, str]]
    numbers: frozenset[str]
    unused: frozenset[str]

    def theirs(self, there: Actual) -> bool:
        """Whether the entry still carries a number of the person: its name alone proves nothing."""
        return there.account.link in self.numbers


class Logins:
    """The logins that are taken in every system, growing as a plan reserves more."""

    def __init__(
        self,
        taken: dict[str, set[str]],
        on_target: Mapping[str, Mapping[str, str]],
        protected: Container[tuple[str, str]] = frozenset(),
    ) -> None:
        """`on_target`: system -> comparable login -> link of what the target holds."""
        self._taken = taken
        self._on_target = on_target
        self._protected = protected

    def choose(self, system: str, template: str, person: Person) -> str | Dispute:
        """A free login, now reserved; or why one cannot be chosen without a person's decision."""
        on_target = self._on_target.get(system, {})
        taken = self._taken.setdefault(system, set())
        try:
            first = login_for(template, person, taken)
            unowned = on_target.get(comparable_login(first)) == ""
            if unowned and (system, comparable_login(first)) not in self._protected:
                reason = (
                    f"同じIDがシステム側に既にあり、誰のものか分かりません。iam reconcile {system} で確かめ、"
                    "紐付けるか保護の印を付けてください。"
                )
                return Dispute(system, first, person.staff_number, reason)
            login = login_for(template, person, _Either(taken, on_target))
        except ValueError:
            reason = f"命名規則「{template}」から利用者IDを作れません。カナ氏名またはメールアドレスを確かめてください。"
            return Dispute(system, "-", person.staff_number, reason)
        taken.add(comparable_login(login))
        return login


@dataclass(frozen=True)
class _Either:
    """Both containers as one, without copying them for every new login."""

    ours: Container[str]
    theirs: Container[str]

    def __contains__(self, login: object) -> bool:
        return login in self.ours or login in self.theirs


class Planner:
    """Turns scenes into changes.  Keeps nothing but the logins that it has promised."""

    def __init__(self, model: AccessModel, logins: Logins, on: date, retention_days: int) -> None:
        self._model = model
        self._logins = logins
        self._on = on
        self._retention = timedelta(days=retention_days)

    def plan(self, scene: Scene) -> Iterable[Change | Dispute]:
        """Every change that this person's accounts need."""
        mine = {a.system: a for a in scene.accounts
                if a.kind is AccountKind.PERSONAL and a.state is not AccountState.DELETED}  # fmt: skip
        for system, reason in sorted(scene.doubled.items()):
            yield Dispute(system, "-", scene.person.staff_number, reason)
        for system in sorted(set(scene.wanted) & scene.readable):
            want = scene.wanted[system]
            account = mine.get(system)
            if account is None:
                yield from () if system in scene.doubled else self._first(scene, want)
            elif (system, comparable_login(account.login)) in scene.protected:
                yield from _left_on(scene, want, account)
            else:
                yield from self._compare(scene, want, account)

    def _first(self, scene: Scene, want: Wanted) -> Iterable[Change | Dispute]:
        """An account that we do not have yet: link what is there under the number, or create."""
        if not want.enabled:
            return
        there = scene.linked.get(want.system)
        if there is not None:
            login = there.account.login
            if (want.system, comparable_login(login)) in scene.protected:
                return
            if want.system not in scene.unused:
                yield Dispute(want.system, login, scene.person.staff_number, _planted(want.system, login))
                return
            on = there.account.enabled
            yield self._change(ChangeKind.LINK, scene, want, login, native_id=there.account.native_id, enabled=on)
            yield from self._differences(scene, want, login, there, drift=False)
            return
        system = self._model.systems[want.system]
        chosen = self._logins.choose(want.system, system.naming, scene.person)
        if isinstance(chosen, Dispute):
            yield chosen
            return
        yield from self._create(scene, want, chosen, drift=False)

    def _create(self, scene: Scene, want: Wanted, login: str, *, drift: bool) -> Iterable[Change]:
        attributes = {name: value for name, value in _filled(want, login).items() if value}
        yield self._change(ChangeKind.CREATE, scene, want, login, after=attributes, enabled=want.enabled, drift=drift)
        for name in self._to_give(want):
            yield self._right(self._change(ChangeKind.GRANT, scene, want, login), name, want.entitlements[name])

    def _to_give(self, want: Wanted) -> list[str]:
        """What a plan may give: a privileged right comes by the errand of a use, which a plan may outlive (R12)."""
        system = self._model.systems.get(want.system)
        return sorted(name for name in want.entitlements if system is None or not system.gives_privilege(name))

    def _compare(self, scene: Scene, want: Wanted, account: Account) -> Iterable[Change | Dispute]:
        there = scene.actual.get((account.system, comparable_login(account.login)))
        if there is None:
            if want.enabled:
                yield from self._create(scene, want, account.login, drift=account.state is not AccountState.RESERVED)
            return
        if not scene.theirs(there):
            reason = _altered(there.account.link, on_in_vain=there.account.enabled and not want.enabled)
            yield Dispute(account.system, account.login, scene.person.staff_number, reason)
            return
        # What was verified off and is on again, or the reverse, was done by somebody else.
        was_on = account.state is AccountState.ACTIVE
        drift = account.state is not AccountState.RESERVED and there.account.enabled != was_on
        yield from self._differences(scene, want, account.login, there, drift=drift)
        # What somebody switched on again was in use until today, whatever our ledger says.
        if not there.account.enabled and self._outlived(want, account):
            yield self._change(ChangeKind.DELETE, scene, want, account.login, native_id=there.account.native_id)

    def _outlived(self, want: Wanted, account: Account) -> bool:
        system = self._model.systems.get(want.system)
        if want.enabled or want.to_return or system is None or not system.delete_after_retention:
            return False
        return account.disabled_on is not None and account.disabled_on + self._retention < self._on

    def _differences(self, scene: Scene, want: Wanted, login: str, there: Actual, *, drift: bool) -> Iterable[Change]:
        native = there.account.native_id
        held = scene.held.get((want.system, comparable_login(login)), frozenset())
        for name in sorted(there.entitlements - set(want.entitlements)):
            revoke = self._change(ChangeKind.REVOKE, scene, want, login, native_id=native, drift=name not in held)
            yield self._right(revoke, name, want.withheld.get(name, want.otherwise))
        if there.account.enabled and not want.enabled:
            yield self._change(ChangeKind.DISABLE, scene, want, login, native_id=native, drift=drift)
        after = {name: value for name, value in _filled(want, login).items()
                 if there.account.attributes.get(name, ()) != value}  # fmt: skip
        if after:
            before = {name: there.account.attributes.get(name, ()) for name in after}
            yield self._change(ChangeKind.MODIFY, scene, want, login, native_id=native, before=before, after=after)
        if want.enabled and not there.account.enabled:
            enable = self._change(ChangeKind.ENABLE, scene, want, login, native_id=native, drift=drift)
            yield replace(enable, cause=want.again or want.why)
        for name in (each for each in self._to_give(want) if each not in there.entitlements):
            grant = self._change(ChangeKind.GRANT, scene, want, login, native_id=native, drift=name in held)
            yield self._right(grant, name, want.entitlements[name])

    def _right(
        self,
        change: Change,
        entitlement: str,
        cause: Cause,
    ) -> Change:
        """`change`, about one entitlement, for its own cause."""
        system = self._model.systems.get(change.system)
        known = system.entitlements.get(entitlement) if system else None
        name = known.name if known else entitlement
        return replace(change, entitlement=entitlement, entitlement_name=name, cause=cause)

    def _change(
        self,
        kind: ChangeKind,
        scene: Scene,
        want: Wanted,
        login: str,
        *,
        native_id: str = "",
        enabled: bool = True,
        before: Mapping[str, tuple[str, ...]] | None = None,
        after: Mapping[str, tuple[str, ...]] | None = None,
        drift: bool = False,
    ) -> Change:
        system = self._model.systems.get(want.system)
        return Change(
            kind=kind, system=want.system, system_name=system.name if system else want.system, login=login,
            person_id=scene.person.id, staff_number=scene.person.staff_number, name=scene.person.name,
            department=scene.department, cause=want.why, native_id=native_id, enabled=enabled,
            before=before or {}, after=after or {}, drift=drift,
        )  # fmt: skip


def _filled(want: Wanted, login: str) -> dict[str, tuple[str, ...]]:
    """The wanted attributes, with the login known at last."""
    if want.attributes is None:
        return {}
    return {name: tuple(v.replace("{login}", login) for v in value) for name, value in want.attributes.items()}


def _left_on(scene: Scene, want: Wanted, account: Account) -> Iterable[Dispute]:
    """A protection keeps us away from an account; that it hides one in use from its person's leaving is said."""
    there = scene.actual.get((account.system, comparable_login(account.login)))
    if there is not None and there.account.enabled and not want.enabled:
        reason = (
            f"保護の印により停止していません（本来は停止: {want.why.words}）。iam reconcile {account.system} で"
            "印の持ち主と期限を確かめ、要らなければ外してください。"
        )
        yield Dispute(account.system, account.login, scene.person.staff_number, reason)


def _altered(link: str, *, on_in_vain: bool) -> str:
    what = f"別のもの（{link}）に変わっています" if link else "なくなっています"
    undone = "停止すべきIDですが、停止もしていません。" if on_in_vain else ""
    return (
        f"システム側の職員番号が{what}。このIDには何も行いません。{undone}"
        "誰のものかを確かめ、システム側で職員番号を元に戻してください。"
    )


def _planted(system: str, login: str) -> str:
    return (
        "本人の職員番号を持つIDが、鍵守の知らないうちにシステム側に作られています。本人のものと確かめられたら "
        f"iam reconcile {system} --link {login} で紐付け、違えばシステム側で職員番号を消してください。"
    )
