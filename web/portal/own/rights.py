"""What somebody has on a day, and why: told from the same rules that the night follows.

The one law: *every right names its reason*: the appointment, the rule of the
access model and the clause; and what the next night will change is said today.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext

from iam.access.accounts import Account, AccountState
from iam.access.model import AccessModel
from iam.access.returns import Returned, returned
from iam.access.wanted import Cause, Wanted
from iam.policy.clauses import Clause, clauses_of
from iam.record.columns import jst_day
from iam.sync.dossier import Holding, dossier
from web.cli.people.timeline import announced, post_words, state_on
from web.portal.owner import owner
from web.site.face.language import day
from web.site.site import at, the_site


@dataclass(frozen=True)
class Reason:
    """Why: in words, what the rule is for ("" where that is not written), and the clause ("" for our own default)."""

    words: str
    note: str
    clause: str


@dataclass(frozen=True)
class Right:
    """One right.

    `state`: "held"; "coming" or "going" with the next night; "returning" (given back, still there) or "returned".
    """

    code: str
    name: str
    state: str
    since: date | None
    why: Reason | None
    returned: Returned | None

    @property
    def can_return(self) -> bool:
        """Whether it can be given back."""
        return self.state == "held"


@dataclass(frozen=True)
class Access:
    """One system: the ID there and what it may do.  `login` "" until it was made.

    `ready`: no sync feeds it, and what its owner has a right to holds there already.
    """

    code: str
    system: str
    owner: str
    login: str
    state: AccountState | None
    disabled_on: date | None
    why: Reason | None
    rights: tuple[Right, ...]
    returned: Returned | None
    ready: bool = False

    @property
    def can_return(self) -> bool:
        """Whether the whole ID can be given back."""
        return self.login != "" and self.returned is None


@dataclass(frozen=True)
class Mine:
    """Everything on one page: the posts of today, and each system."""

    posts: tuple[str, ...]
    systems: tuple[Access, ...]

    def system(self, code: str) -> Access | None:
        """One of them."""
        return next((each for each in self.systems if each.code == code), None)


def mine() -> Mine:
    """What the person of this request has today."""
    site, today = the_site(), jst_day(at())
    with site.store.read() as connection:
        found = dossier(connection, owner().who.staff_number, today)
        back = returned(connection, owner().id)
    rules = site.rules
    found = announced(found, today)
    state = state_on(found, rules, today, today)
    accounts = {each.system: each for each in found.accounts if each.state is not AccountState.DELETED}
    codes = dict.fromkeys([*state.wanted, *accounts])
    teller = _Teller(site.deployment.model, clauses_of(site.door.profile))
    return Mine(
        tuple(post_words(post, rules, today)[1] for post in state.standing.posts),
        tuple(teller.access(code, accounts.get(code), state.wanted.get(code), found.holdings, back) for code in codes),
    )


@dataclass(frozen=True)
class _Teller:
    """The names of systems, rights and clauses."""

    model: AccessModel
    clauses: Mapping[str, Clause]

    def access(
        self,
        code: str,
        account: Account | None,
        want: Wanted | None,
        holdings: Mapping[int, Sequence[Holding]],
        back: Sequence[Returned],
    ) -> Access:
        system = self.model.systems.get(code)
        of_account = holdings.get(account.id, ()) if account else ()
        gone = {each.entitlement: each for each in back if each.system == code}
        return Access(
            code=code,
            system=system.name if system else code,
            owner=system.owner if system else "",
            login=account.login if account else "",
            state=account.state if account else None,
            disabled_on=account.disabled_on if account else None,
            why=self.reason(want.why) if want else None,
            rights=tuple(self._rights(code, [each for each in of_account if each.held_until is None], want, gone)),
            returned=gone.get(""),
            ready=system is not None and not system.provisioned and want is not None and want.enabled,
        )

    def _rights(
        self, code: str, held: Sequence[Holding], want: Wanted | None, gone: Mapping[str, Returned]
    ) -> Iterator[Right]:
        system = self.model.systems.get(code)
        since = {each.entitlement: each for each in held}
        earned = want.entitlements if want else {}
        there = earned if system and not system.provisioned else since
        for name in dict.fromkeys([*since, *earned, *filter(None, gone)]):
            known = system.entitlements.get(name) if system else None
            yield Right(
                code=name,
                name=known.name if known else name,
                state=_state(name, there, earned, gone),
                since=jst_day(since[name].held_from) if name in since else None,
                why=self._why(name, want),
                returned=gone.get(name),
            )

    def _why(self, name: str, want: Wanted | None) -> Reason | None:
        if want is None:
            return None
        return self.reason(want.entitlements.get(name) or want.withheld.get(name) or want.otherwise)

    def reason(self, cause: Cause) -> Reason:
        """A cause as its owner reads it."""
        cited = self.clauses.get(cause.clause)
        rule = next((each for each in self.model.birthright if each.id == cause.rule), None)
        words = cause.words
        if rule is not None and cause.entry is not None:
            told = cause.entry.told
            post = " ".join(filter(None, (told.org_name or told.org_code, told.title)))
            words = gettext(
                "%(day)sの%(kind)s（%(post)s）による標準付与",
                day=day(told.valid_from, weekday=False), kind=gettext(told.kind.label_ja), post=post,
            )  # fmt: skip
        return Reason(words, rule.note if rule else "", f"{cited.section} {cited.title}" if cited else "")


def _state(name: str, held: Container[str], earned: Container[str], gone: Container[str]) -> str:
    if name in gone or "" in gone:
        return "returning" if name in held else "returned"
    if name in held:
        return "held" if name in earned else "going"
    return "coming"
