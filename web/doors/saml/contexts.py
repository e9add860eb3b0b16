"""How somebody was authenticated, in SAML's words: what a system asks for, and what we say of a session.

The one law: *said is what was proved* (R42, ASVS 6.8.4): a class is told only of a session that proved as much or more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from iam.signin.deciding.decision import Asked
from iam.signin.kinds import Method, Proofs
from web.doors.oidc.claims import ONE, RESISTANT, TWO

_CLASSES: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
PASSWORD: Final = f"{_CLASSES}PasswordProtectedTransport"
_OWN: Final = (ONE, TWO, RESISTANT)

LEVELS: Final[Mapping[str, int]] = {
    f"{_CLASSES}unspecified": 1,
    f"{_CLASSES}Password": 1,
    PASSWORD: 1,
    ONE: 1,
    TWO: 2,
    "https://refeds.org/profile/mfa": 2,
    "http://schemas.microsoft.com/claims/multipleauthn": 2,
    RESISTANT: 3,
}
"""Classes that we can answer for: 1 one kind, 2 two kinds, 3 two kinds that no false page can pass on."""

COMPARISONS: Final = frozenset({"exact", "minimum", "maximum", "better"})


@dataclass(frozen=True)
class Wanted:
    """What a system asks for.  `level`: as in LEVELS; `name`: the class to answer with, "" for our own."""

    level: int
    name: str = ""
    exact: bool = True
    """Whether nothing but `name` may be answered."""

    @property
    def asked(self) -> Asked:
        """The same for a decision."""
        return Asked(kinds=min(self.level, 2), resistant=self.level > 2)  # noqa: PLR2004 - kinds of proof

    def said(self, proofs: Proofs) -> str:
        """The class that we tell of `proofs`, which satisfy this."""
        level = level_of(proofs)
        if self.name and (level == LEVELS[self.name] or self.exact):
            return self.name
        return PASSWORD if proofs.methods == (Method.PASSWORD,) else _OWN[level - 1]


ANYTHING: Final = Wanted(1)


def wanted(classes: Sequence[str], comparison: str) -> Wanted | None:
    """What RequestedAuthnContext asks for (SAML Core §3.3.2.2.1); None: nothing that we can answer for."""
    known = [each for each in classes if each in LEVELS]
    if not classes:
        return ANYTHING
    if not known or comparison not in COMPARISONS:
        return None
    if comparison in {"exact", "maximum"}:
        # Of several that would do the first is the one that the system likes best.
        return Wanted(LEVELS[known[0]], known[0])
    lowest = min(known, key=LEVELS.__getitem__)
    if comparison == "minimum":
        return Wanted(LEVELS[lowest], lowest, exact=False)
    above = max(LEVELS[each] for each in known) + 1
    return Wanted(above) if above <= len(_OWN) else None


def level_of(proofs: Proofs) -> int:
    """What a session has proved, as in LEVELS."""
    if len(proofs.kinds) < 2:  # noqa: PLR2004 - kinds of proof
        return 1
    return 3 if proofs.phishing_resistant else 2
