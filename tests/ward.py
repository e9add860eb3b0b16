"""Privileged IDs of a city of the tests: registered, delegated, opened and closed on targets in memory.

    ward = Ward(store, door, head, operator, approver)
    id_ = ward.registers("juki-kanri")
    ward.delegates(person, [id_])
    ward.works()        # what the worker would have done by now

Ids of people are those of the ledger; `tests.privileged` does the same for an office of the tests below the pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex
from typing import Final

from iam.jobs.urgent import carrier_of
from iam.office import cases
from iam.privilege import delegating, register
from iam.privilege.delegating import Delegation
from iam.privilege.register import Deed, Mode
from iam.privilege.using import Acting, Swept, Use, Wish, ask, join, sweep
from iam.record.columns import jst_day
from iam.record.store import Store
from iam.signin import sessions
from iam.signin.door import Door, Where, entrant
from iam.signin.factors import certificates
from iam.signin.factors.certificates import Card
from iam.signin.kinds import Method, Proofs
from iam.signin.sessions import Present
from iam.sync.urgent import carry_out
from tests.memory import MemoryTarget

SYSTEM: Final = "juki"
DAYS: Final = 30
_ROUNDS: Final = 10
_QUIET: Final = 2


@dataclass
class Ward:
    """Whoever looks after privileged IDs in a city, and its targets."""

    store: Store
    door: Door
    head: int
    operator: int
    approver: int
    targets: dict[str, MemoryTarget] = field(default_factory=dict)

    def registers(
        self,
        login: str,
        *,
        system: str = SYSTEM,
        mode: Mode = Mode.SECRET,
        purpose: str = "サーバーの保守",
        emergency: bool = False,
    ) -> int:
        """Put an account into the register, and make it on its target, closed."""
        self.targets.setdefault(system, MemoryTarget(system)).place(login, enabled=False)
        wish = register.Wish(Deed.NEW, system, mode, login, purpose=purpose, most_holders=5, emergency=emergency)
        with self.store.act("test") as act:
            case = register.propose(act, self.door, self.operator, wish, "保守のため")
            made = cases.confirm(
                act, self.door.offices, case.id, decided_by=self.head, seen_hash=case.content_hash,
                carry_out=lambda act, of: register.take_effect(act, self.door, of),
            )  # fmt: skip
        return made.id

    def nominates(self, delegate: int, ids: Sequence[int], conditions: str = "") -> Delegation:
        """The general officer names a delegate."""
        with self.store.act("test") as act:
            first = jst_day(act.at)
            last = first + timedelta(days=DAYS)
            wish = delegating.Wish(delegate, tuple(ids), first, last, "システムの保守を任せるため", conditions)
            return delegating.nominate(act, self.door, self.head, wish)

    def delegates(self, delegate: int, ids: Sequence[int], conditions: str = "") -> Delegation:
        """The same, and the approver agrees."""
        found = self.nominates(delegate, ids, conditions)
        with self.store.act("test") as act:
            return delegating.approve(act, self.door, found.id, self.approver, found.content_hash)

    # --- people without a browser

    def gives_card(self, person: int) -> int:
        """A staff card; what counts as phishing-resistant."""
        with self.store.act("test") as act:
            card = Card(token_hex(32), "CN=職員証", "CN=さくら市", token_hex(8), act.at + timedelta(days=365))
            bound = certificates.bind(act, person, card, "職員証")
        assert not isinstance(bound, certificates.Rejected)
        return bound

    def acting(self, person: int, card: int) -> Acting:
        """They have just signed in, by password and card."""
        proofs = Proofs().plus(Method.PASSWORD).plus(Method.CERTIFICATE, card)
        where = Where("192.0.2.7", "test")
        with self.store.act("test") as act:
            who = entrant(act.connection, self.door, person, act.at)
            token, _ = sessions.open_session(act, self.door, who, where, proofs=proofs, duty="")
        found = sessions.look(self.store, self.door, token, self.store.clock())
        assert isinstance(found, Present), found
        return Acting(self.store, self.door, found.session, found.entrant, where)

    def asked(self, user: Acting, on: int, purpose: str, minutes: int = 15) -> Use:
        """A use that waits for its witness."""
        with user.attempt("ask", f"privileged_id {on}") as act:
            return ask(act, user, Wish(on, purpose, "情第123号", minutes))

    def joined(self, witness: Acting, asked: Use) -> Use:
        """It is opening."""
        with witness.attempt("join", asked.subject) as act:
            return join(act, witness, asked.id)

    def works(self) -> None:
        """What the worker does, until nothing is left to do."""
        carrier = carrier_of(self.store, self.door.model, dict(self.targets), door=self.door)
        quiet = 0
        for _ in range(_ROUNDS):
            carried, moved = carry_out(carrier), sweep(self.store, self.door)
            # What a round puts to be done without counting it, the next one carries out.
            quiet = 0 if carried or moved != Swept() else quiet + 1
            if quiet == _QUIET:
                return
        raise AssertionError("the worker finds no end")
