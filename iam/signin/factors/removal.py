"""Parting with a factor: its owner removes it, or reports it lost.

The one law: *nobody takes away their own last proof*: while the policy asks for a
second factor the last one stays, looked at under a lock; a lost one goes at
once whatever remains (NIST SP 800-63B-4 4.3, R26).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from iam.record.act import Act
from iam.signin.factors.authenticators import (
    ALIVE,
    Authenticator,
    Form,
    State,
    authenticator,
    end,
    hold,
    of_person,
)

_RESISTANT: Final = frozenset({Form.WEBAUTHN, Form.CERTIFICATE})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not done with a factor: a code for the page, a sentence for whoever has no page."""

    code: str

    @property
    def sentence_ja(self) -> str:
        """What the person reads, and the cure."""
        return _REFUSALS[self.code]


_REFUSALS: Final[Mapping[str, str]] = {
    "ended": "この認証手段は、すでに使えなくなっています。",
    "last": "これは最後の認証手段です。ほかの認証手段を登録してから削除してください。",
    "last_resistant": (
        "これは最後のセキュリティキー（またはICカード）です。ほかのものを登録してから削除してください。"
    ),
    "lent": "この機器は貸出品です。窓口に返すと、登録がなくなります。",
}


def why_not_remove(
    authenticators: Iterable[Authenticator], chosen: Authenticator, *, second_factor: bool, phishing_resistant: bool
) -> Refusal | None:
    """The rule that keeps this person from removing their own authenticator, or None.

    `authenticators` are the person's; the two flags are what the policy asks of the person (SigninRules).
    """
    if chosen.state not in ALIVE:
        return Refusal("ended")
    if chosen.form is Form.TOKEN:
        return Refusal("lent")
    if not chosen.lasting:
        return None
    others = [each for each in authenticators if each.lasting and each.id != chosen.id]
    if second_factor and not others:
        return Refusal("last")
    if phishing_resistant and chosen.form in _RESISTANT and not any(each.form in _RESISTANT for each in others):
        return Refusal("last_resistant")
    return None


def remove(
    act: Act, person_id: int, id_: int, *, second_factor: bool, phishing_resistant: bool
) -> Authenticator | Refusal:
    """The owner removes an authenticator: what it was, for the notice, or why not.

    Raises:
        NotFound: when it is not theirs.
    """
    # Locked first: two removals at once would each see the other's factor stay.
    hold(act.connection, person_id)
    chosen = authenticator(act.connection, id_, person_id=person_id)
    held = of_person(act.connection, person_id)
    asked = {"second_factor": second_factor, "phishing_resistant": phishing_resistant}
    if refusal := why_not_remove(held, chosen, **asked):
        return refusal
    end(act, id_, State.REMOVED, "owner")
    return chosen


def report_lost(act: Act, person_id: int, id_: int, reason: str) -> Authenticator | None:
    """It is lost, and revoked at once (NIST SP 800-63B-4 4.3); None when it had ended already.

    The caller ends the sessions that it proved and tells the owner and the officers, in the same act (R26).

    Raises:
        NotFound: when it is not that person's.
    """
    chosen = authenticator(act.connection, id_, person_id=person_id)
    return chosen if end(act, id_, State.LOST, reason) else None
