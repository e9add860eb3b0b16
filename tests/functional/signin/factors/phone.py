"""An authenticator app: it knows the key from the QR code and has a clock of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp

from iam.record.store import Store
from iam.signin.factors import totp


@dataclass
class Phone:
    """The app, and the authenticator that it became."""

    id: int
    uri: str
    ahead: timedelta = timedelta(0)

    @classmethod
    def scanned(cls, store: Store, person_id: int) -> "Phone":
        """The QR code was read; no code was typed yet."""
        with store.act("test") as act:
            begun = totp.begin(act, store.keys, person_id, "私の電話", issuer="さくら市", account="100123")
        return cls(begun.id, begun.uri)

    @classmethod
    def enrolled(cls, store: Store, person_id: int) -> "Phone":
        """Its first code was typed and believed."""
        phone = cls.scanned(store, person_id)
        assert isinstance(phone.confirm(store, person_id, phone.code(store.clock())), totp.Accepted)
        return phone

    def code(self, at: datetime) -> str:
        """What it shows."""
        secret = parse_qs(urlsplit(self.uri).query)["secret"][0]
        return pyotp.TOTP(secret).at(at + self.ahead)

    def step(self, at: datetime) -> int:
        """The step that its clock has reached."""
        return int((at + self.ahead).timestamp()) // 30

    def confirm(self, store: Store, person_id: int, code: str) -> totp.Judged:
        """Types the first code."""
        with store.act("test") as act:
            return totp.confirm_code(act, store.keys, person_id, self.id, code)

    def give(self, store: Store, code: str, *, previous_step: bool = False) -> totp.Judged:
        """Types a code at sign-in."""
        with store.act("door") as act:
            return totp.give(act, store.keys, self.id, code, previous_step=previous_step)
