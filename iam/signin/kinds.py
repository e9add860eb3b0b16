"""What each way of proving oneself proves: knowledge, possession, existence (知識・所持・存在).

The one law: *kinds, not counts* (OITA-S6.4.4, NIST SP 800-63B-4 2.2, R22):
two proofs of one kind are one, however many there are.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What sort of thing was proved."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    EXISTENCE = "existence"

    @property
    def label_ja(self) -> str:
        """The word of the policy."""
        return {"knowledge": "知識", "possession": "所持", "existence": "存在"}[self.value]


class Method(StrEnum):
    """A way of proving oneself.  A key that verified its user itself is VERIFIED_KEY, one only touched is KEY."""

    PASSWORD = "password"  # noqa: S105 - the name of a method
    TOTP = "totp"
    TOKEN = "token"  # noqa: S105 - a hardware OATH token
    KEY = "key"
    VERIFIED_KEY = "verified_key"
    CERTIFICATE = "certificate"
    RECOVERY = "recovery"
    TEMPORARY = "temporary"

    @property
    def label_ja(self) -> str:
        """The word that staff read."""
        return _LABELS[self]


_LABELS: Final[Mapping[Method, str]] = {
    Method.PASSWORD: "パスワード",
    Method.TOTP: "認証アプリ",
    Method.TOKEN: "ワンタイムパスワードの機器",
    Method.KEY: "セキュリティキー",
    Method.VERIFIED_KEY: "セキュリティキー（本人確認つき）",
    Method.CERTIFICATE: "ICカード・証明書",
    Method.RECOVERY: "回復コード",
    Method.TEMPORARY: "窓口で受け取ったコード",
}

PROVES: Final[Mapping[Method, frozenset[Kind]]] = {
    Method.PASSWORD: frozenset({Kind.KNOWLEDGE}),
    Method.TOTP: frozenset({Kind.POSSESSION}),
    Method.TOKEN: frozenset({Kind.POSSESSION}),
    Method.KEY: frozenset({Kind.POSSESSION}),
    # The key was unlocked by a PIN or a fingerprint; which of the two it does not tell, so the weaker is counted.
    Method.VERIFIED_KEY: frozenset({Kind.POSSESSION, Kind.KNOWLEDGE}),
    # The card's own PIN is not seen by us, so the card alone is possession.
    Method.CERTIFICATE: frozenset({Kind.POSSESSION}),
    Method.RECOVERY: frozenset({Kind.POSSESSION}),
    # Handed over by two officers who saw the person.
    Method.TEMPORARY: frozenset({Kind.POSSESSION}),
}

PHISHING_RESISTANT: Final = frozenset({Method.KEY, Method.VERIFIED_KEY, Method.CERTIFICATE})
"""Bound to our origin by the device or by mutual TLS (NIST SP 800-63B-4 3.2.5)."""


@dataclass(frozen=True, slots=True)
class Proofs:
    """What was proved in one sign-in, in order; each method with the authenticator's id, 0 for a password."""

    given: tuple[tuple[Method, int], ...] = ()

    @classmethod
    def of(cls, given: object) -> "Proofs":
        """The proofs that a row holds as JSON: pairs of method and id.

        Raises:
            TypeError, ValueError: when it holds anything else.
        """
        if not isinstance(given, list):
            raise TypeError(f"no proofs: {given!r}")
        return cls(tuple((Method(method), int(id_)) for method, id_ in given))

    def plus(self, method: Method, authenticator: int = 0) -> "Proofs":
        """These proofs and one more."""
        return Proofs((*self.given, (method, authenticator)))

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods, in the order in which they were proved."""
        return tuple(method for method, _ in self.given)

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds that were proved."""
        return kinds_of(self.methods)

    @property
    def phishing_resistant(self) -> bool:
        """Whether one of them cannot be passed on by a false page."""
        return any(method in PHISHING_RESISTANT for method in self.methods)


def kinds_of(methods: Iterable[Method]) -> frozenset[Kind]:
    """The kinds that these methods prove together."""
    return frozenset().union(*(PROVES[method] for method in methods))


def two_kinds(methods: Iterable[Method]) -> bool:
    """Whether they prove two different kinds (OITA-S6.4.4)."""
    return len(kinds_of(methods)) >= 2  # noqa: PLR2004 - the clause's own number
