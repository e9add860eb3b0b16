"""A privileged use as its user and its witness read it.

The one law: *every state says what comes next*: nobody who holds a privileged ID has to guess what to do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from flask_babel import gettext, ngettext
from sqlalchemy import Connection

from iam.people.ledger import people
from iam.policy.entry.privileged import Alone
from iam.privilege.delegating.delegation import delegation
from iam.privilege.register import PrivilegedId, by_id
from iam.privilege.using import UNDER_WAY, UNDONE, Acting, Use, UseState
from iam.record.columns import jst_day
from web.portal.owner import owner
from web.site.face.language import day
from web.site.site import at, the_site

_HOUR: Final = 60
_SILENT: Final = timedelta(seconds=45)
"""Three words of a witness's page that did not come."""

TONES: Final[Mapping[UseState, str]] = {
    UseState.ASKED: "info", UseState.OPENING: "info", UseState.OPEN: "success", UseState.PAUSED: "warning",
    UseState.CLOSING: "warning", UseState.CLOSED: "", UseState.WITHDRAWN: "", UseState.LAPSED: "",
}  # fmt: skip
"""The tone of the chip of a state, on everybody's pages."""

_WATCHED: Final = frozenset({*UNDER_WAY, UseState.CLOSING})


@dataclass(frozen=True)
class Shown:
    """One use on a page of whoever is signed in.  `left`: seconds until its end; 0 without one.

    `conditions`: of its delegation, where one use is shown by itself.
    """

    use: Use
    id: PrivilegedId
    system: str
    user: str
    witness: str
    confirmer: str
    own: bool
    left: int
    right: str = ""
    conditions: str = ""

    @property
    def path(self) -> str:
        """Its page for its user."""
        return f"/privilege/uses/{self.use.id}"

    @property
    def witness_path(self) -> str:
        """Its page for its witness."""
        return f"/privilege/witness/{self.use.id}"

    @property
    def value(self) -> str:
        """The state, for templates."""
        return self.use.state.value

    @property
    def mode(self) -> str:
        """How it opens, for templates."""
        return self.id.mode.value

    @property
    def name(self) -> str:
        """The privileged ID as people read it."""
        return title(self.system, self.id.login or self.right or self.id.entitlement)

    @property
    def login(self) -> str:
        """The account that is used: the person's own where the use puts them into a group."""
        return self.use.login or self.id.login

    @property
    def state_word(self) -> str:
        """The state in a word."""
        return gettext(self.use.state.label_ja)

    @property
    def state_tone(self) -> str:
        """The tone of its chip."""
        return TONES[self.use.state]

    @property
    def live(self) -> bool:
        """Whether it can be ended."""
        return self.use.under_way

    @property
    def runs(self) -> bool:
        """Whether its time runs."""
        return self.live and self.use.opened_at is not None

    @property
    def watched(self) -> bool:
        """Whether a witness has something to watch."""
        return self.use.state in _WATCHED

    @property
    def finished(self) -> bool:
        """Whether nothing moves any more."""
        return self.use.state not in UNDONE

    @property
    def stamp(self) -> str:
        """Changes whenever the page must be drawn anew."""
        moments = (self.use.shown_at, self.use.record_at, self.use.confirmed_at, self.use.approved_at)
        seen = sum(each is not None for each in moments)
        gone = self.live and self.use.witness_seen_at is None
        return f"{self.value}-{self.use.witness_id or 0}-{seen}-{gone:d}"

    @property
    def alone(self) -> str:
        """That its witness has said nothing for a while, and what comes of it; "" while they have."""
        seen = self.use.witness_seen_at
        if not self.witness or (seen is not None and at() - seen < _SILENT):
            return ""
        privileged = the_site().door.profile.privileged
        if self.use.emergency:
            return gettext("%(name)sさんの立会いの画面から、応答がありません。", name=self.witness)
        if privileged.alone.value is Alone.PAUSE:
            return gettext("%(name)sさんが戻らないと、まもなく利用を止めます。", name=self.witness)
        return gettext("%(name)sさんが戻らないと、まもなく利用を終えます。", name=self.witness)

    @property
    def minutes(self) -> str:
        """How long was asked for."""
        return length(self.use.minutes)

    @property
    def left_words(self) -> str:
        """How long is left, to the minute: what stands there until the script counts."""
        return gettext("あと%(time)s", time=length(-(-self.left // 60))) if self.left else gettext("時間になりました")

    @property
    def ended(self) -> str:
        """Why it ended; "" while it has not."""
        code, _, said = self.use.end_reason.partition(": ")
        if not code:
            return ""
        return gettext(self.use.why_ended.removesuffix(f"（{said}）")) + (f"（{said}）" if said else "")

    @property
    def must_write(self) -> bool:
        """Whether its user still owes the record."""
        return self.value == UseState.CLOSED and self.use.opened_at is not None and not self.use.record

    @property
    def must_confirm(self) -> bool:
        """Whether its witness still owes the confirmation."""
        return self.value == UseState.CLOSED and bool(self.use.record) and self.use.confirmed_at is None

    @property
    def to_approve(self) -> bool:
        """Whether an emergency still waits for its approval."""
        return self.use.emergency and self.finished and self.use.approved_at is None

    @property
    def due_words(self) -> str:
        """By when the record must be written."""
        due = self.use.record_due
        if due is None:
            return gettext("何をしたかを、忘れないうちに書いてください。")
        if due < jst_day(at()):
            return gettext("提出の期限（%(day)s）を過ぎています。いますぐ書いてください。", day=day(due))
        return gettext("%(day)sまでに書いてください。", day=day(due))

    @property
    def heading(self) -> str:
        """What its user's page is called in this state."""
        return {
            UseState.ASKED: gettext("立会いを待っています"),
            UseState.OPENING: gettext("始めています"),
            UseState.OPEN: gettext("特権IDを使えます"),
            UseState.PAUSED: gettext("利用を止めています"),
            UseState.CLOSING: gettext("終えています"),
            UseState.CLOSED: gettext("利用は終わりました"),
            UseState.WITHDRAWN: gettext("申請を取り下げました"),
            UseState.LAPSED: gettext("申請は期限が切れました"),
        }[self.use.state]

    @property
    def watch_heading(self) -> str:
        """What its witness's page is called in this state."""
        if self.use.state is UseState.ASKED:
            return gettext("立会いの依頼")
        return gettext("立会いは終わりました") if self.finished else gettext("立会い")

    @property
    def next_step(self) -> str:
        """The words of the one button that leads on."""
        return gettext("立会いの頼み方を見る") if self.use.state is UseState.ASKED else gettext("利用の画面を開く")

    @property
    def next_words(self) -> str:
        """What its user does next."""
        return {
            UseState.ASKED: gettext("立会者が加わると、使えるようになります。"),
            UseState.OPENING: gettext("使えるようにしています。"),
            UseState.OPEN: gettext("作業が終わったら、すぐに終えてください。"),
            UseState.PAUSED: gettext("立会いが途切れています。立会者に、画面を開き直すように頼んでください。"),
            UseState.CLOSING: gettext("使えなくしています。"),
        }.get(self.use.state, "")


def title(system: str, name: str) -> str:
    """A privileged ID as people read it: system and login, or the right."""
    return gettext("%(system)s の %(name)s", system=system, name=name)


def length(minutes: int) -> str:
    """2時間10分, of a number of minutes."""
    hours, rest = divmod(minutes, _HOUR)
    parts = [ngettext("%(num)s時間", "%(num)s時間", hours)] if hours else []
    return "".join([*parts, ngettext("%(num)s分", "%(num)s分", rest)] if rest or not hours else parts)


def shown(connection: Connection, found: Iterable[Use]) -> list[Shown]:
    """These uses as whoever is signed in sees them, in the same order."""
    kept = list(found)
    if not kept:
        return []
    ids = by_id(connection, {each.privileged_id for each in kept})
    named = names(connection, (who for each in kept for who in (each.person_id, each.witness_id, each.confirmed_by)))
    me, now = owner().id, at()
    return [_shown(each, ids[each.privileged_id], named, me, now) for each in kept]


def one(connection: Connection, found: Use) -> Shown:
    """One use as whoever is signed in sees it, with the conditions under which it was delegated."""
    by = None if found.delegation_id is None else delegation(connection, found.delegation_id, at())
    return replace(shown(connection, [found])[0], conditions=by.conditions if by else "")


def _shown(use: Use, id_: PrivilegedId, named: Mapping[int, str], me: int, now: datetime) -> Shown:
    system = the_site().door.model.systems.get(id_.system)
    right = system.entitlements.get(id_.entitlement) if system else None
    return Shown(
        use, id_, system.name if system else id_.system,
        named.get(use.person_id, "—"), named.get(use.witness_id or 0, ""), named.get(use.confirmed_by or 0, "—"),
        use.person_id == me, int(use.left(now).total_seconds()), right.name if right else "",
    )  # fmt: skip


def called(id_: PrivilegedId) -> str:
    """A privileged ID by the names of the access model."""
    system = the_site().door.model.systems.get(id_.system)
    right = system.entitlements.get(id_.entitlement) if system else None
    return title(system.name if system else id_.system, id_.login or (right.name if right else id_.entitlement))


def names(connection: Connection, ids: Iterable[int | None]) -> dict[int, str]:
    """The names of people, those too who left."""
    wanted = {id_ for id_ in ids if id_ is not None}
    return {person.id: person.name for person in people(connection, wanted)} if wanted else {}


def acting() -> Acting:
    """Whoever is signed in, as the verbs of uses want them."""
    me = owner()
    return Acting(me.store, me.door, me.session, me.who, me.where)
