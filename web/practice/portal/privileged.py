"""Privileged IDs of さくら市: registered, delegated, used with a witness, and once in an emergency.

The one law: *by the verbs of whoever does them*: nothing here is written into a table past the rules; only the card
that the practice needs is in nobody's hand, so that whoever plays a part registers a key of their own.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Final

from iam.office import cases
from iam.privilege import delegating, register, using
from iam.privilege.delegating import Delegation
from iam.privilege.register import Deed, Mode, PrivilegedId
from iam.privilege.using import Acting, Use, UseState
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.door import Door, Where, actor_of, entrant
from iam.signin.factors import authenticators, certificates
from iam.signin.factors.authenticators import Form
from iam.signin.factors.certificates import Card
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import Present

FINANCE: Final = "finance"
JUKI: Final = "juki"
GROUPWARE: Final = "groupware"
ACTOR: Final = "practice"
CARD: Final = "職員証（練習の準備に使ったもの）"
_HERE: Final = Where("127.0.0.1", "Kagimori practice")
_OVER: Final = frozenset({UseState.CLOSED})
_DAYS: Final = timedelta(days=30)
_CARD: Final = timedelta(days=365)

WISHES: Final[Mapping[str, register.Wish]] = {
    FINANCE: register.Wish(
        Deed.NEW, FINANCE, Mode.SECRET, "zaimu-kanri", purpose="財務会計システムの年次処理と、利用者の設定",
        most_holders=2, emergency=True,
    ),
    JUKI: register.Wish(
        Deed.NEW, JUKI, Mode.ENABLE, "juki-kanri", purpose="住民記録システムの保守。委託業者の作業に職員が付き添うとき",
        most_holders=2,
    ),
    GROUPWARE: register.Wish(
        Deed.NEW, GROUPWARE, Mode.MEMBER, entitlement="admin", purpose="グループウェアの利用者と掲示板の管理",
        most_holders=3,
    ),
}  # fmt: skip
"""By system.  The first two name accounts that must stand on the system, switched off."""


@dataclass(frozen=True)
class Parts:
    """Who plays, by their numbers in the ledger.  `delegate` may use the IDs; `witness` is nominated too, and waits."""

    general: int
    approver: int
    delegate: int
    witness: int


@dataclass(frozen=True)
class Staged:
    """What is there afterwards."""

    ids: Mapping[str, PrivilegedId]
    live: Delegation
    waiting: Delegation
    past: int
    emergency: int


@dataclass(frozen=True)
class Practice:
    """The body, its players, and how it is waited for that a use stands where it should.

    `settle`: called with the number of a use and the states of which it must reach one.
    """

    store: Store
    door: Door
    parts: Parts
    settle: Callable[[int, Collection[UseState]], None]

    def play(self) -> Staged:
        """Everything, one after the other."""
        parts = self.parts
        for each in (parts.delegate, parts.witness):
            self._give_card(each)
        ids = {system: self.registered(wish) for system, wish in WISHES.items()}
        live = self.approved(self.nominated(parts.delegate, ids.values(), "情報システムの運用を担当するため"))
        past, emergency = self._used(ids[JUKI]), self._in_an_emergency(ids[FINANCE])
        waiting = self.nominated(parts.witness, [ids[GROUPWARE]], "繁忙期に、利用者の登録を手伝うため")
        return Staged(ids, live, waiting, past, emergency)

    def registered(self, wish: register.Wish) -> PrivilegedId:
        """One officer asks for an ID in the register, another confirms."""
        with self.store.act(self._name(self.parts.delegate)) as act:
            case = register.propose(act, self.door, self.parts.delegate, wish, "特権IDの棚卸しのため")
        with self.store.act(self._name(self.parts.general)) as act:
            return cases.confirm(
                act, self.door.offices, case.id, decided_by=self.parts.general, seen_hash=case.content_hash,
                carry_out=lambda act, of: register.take_effect(act, self.door, of),
            )  # fmt: skip

    def nominated(self, delegate: int, ids: Collection[PrivilegedId], reason: str) -> Delegation:
        """The general officer nominates."""
        with self.store.act(self._name(self.parts.general)) as act:
            today = jst_day(act.at)
            wish = delegating.Wish(
                delegate, tuple(each.id for each in ids), today, today + _DAYS, reason, "作業は、事前に課長に伝える。"
            )
            return delegating.nominate(act, self.door, self.parts.general, wish)

    def approved(self, found: Delegation) -> Delegation:
        """The approver approves what was nominated."""
        with self.store.act(self._name(self.parts.approver)) as act:
            return delegating.approve(act, self.door, found.id, self.parts.approver, found.content_hash)

    @contextmanager
    def acting(self, person_id: int, *, stays: bool = False) -> Iterator[Acting]:
        """Somebody who has just signed in by password and card, until the block ends; `stays`: and longer."""
        with self.store.act(ACTOR) as act:
            who = entrant(act.connection, self.door, person_id, act.at)
            proofs = Proofs().plus(Method.PASSWORD).plus(Method.CERTIFICATE, self._card(person_id))
            token, id_ = sessions.open_session(act, self.door, who, _HERE, proofs=proofs, duty="")
        found = sessions.look(self.store, self.door, token, self.store.clock())
        if not isinstance(found, Present):
            raise TypeError(found)
        yield Acting(self.store, self.door, found.session, found.entrant, _HERE)
        if not stays:
            with self.store.act(ACTOR) as act:
                sessions.end(act, id_, "signed_out")

    def asked(self, acting: Acting, on: PrivilegedId, purpose: str) -> Use:
        """A use is asked for."""
        with acting.attempt("ask", on.subject) as act:
            return using.ask(act, acting, using.Wish(on.id, purpose, "情政第123号", 30))

    def _used(self, on: PrivilegedId) -> int:
        with self.acting(self.parts.delegate) as user, self.acting(self.parts.witness) as witness:
            use = self.asked(user, on, "制度改正のプログラムを入れる委託業者の作業")
            with witness.attempt("join", use.subject) as act:
                using.join(act, witness, use.id)
            self._over(user, use, "14時から業者が更新を適用。画面で件数を確かめ、異常はなかった。")
            with witness.attempt("confirm", use.subject) as act:
                using.confirm_record(act, witness, use.id)
        return use.id

    def _in_an_emergency(self, on: PrivilegedId) -> int:
        with self.acting(self.parts.delegate) as user:
            with user.attempt("start", on.subject) as act:
                wish = using.Wish(on.id, "夜間処理が止まったため、再実行する")
                use = using.start_emergency(act, user, wish, "夜間の障害。承認者にも立会者にも連絡がつかない")
            self._over(user, use, "ディスクの空きを作り、夜間処理を再実行した。翌朝に業者へ原因の調査を頼んだ。")
        return use.id

    def _over(self, user: Acting, use: Use, record: str) -> None:
        """It opens, is ended by its user, closes, and its record is written."""
        self.settle(use.id, {UseState.OPEN})
        with user.attempt("end", use.subject) as act:
            using.end(act, self.door, use.id, user.id)
        self.settle(use.id, _OVER)
        with user.attempt("write", use.subject) as act:
            using.write_record(act, user, use.id, record)

    def _name(self, person_id: int) -> str:
        """Somebody who signed in, as the audit names them."""
        with self.store.read() as connection:
            return actor_of(entrant(connection, self.door, person_id, self.store.clock()).staff_number)

    def _give_card(self, person_id: int) -> None:
        """A staff card, which nobody has in hand: whoever plays the part registers a key of their own."""
        with self.store.act(ACTOR) as act:
            card = Card(token_hex(32), "CN=職員証（練習用）", "CN=さくら市（練習用）", token_hex(8), act.at + _CARD)
            bound = certificates.bind(act, person_id, card, CARD)
        if isinstance(bound, certificates.Rejected):
            raise TypeError(bound)

    def _card(self, person_id: int) -> int:
        held = authenticators.mine(self.store, person_id)
        return next(each.id for each in held if each.form is Form.CERTIFICATE)
