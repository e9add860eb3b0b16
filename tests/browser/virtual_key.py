"""A security key of Chromium's own (CDP WebAuthn): it answers pages as a real key would."""

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import CDPSession, Page


@dataclass
class VirtualKey:
    """One key plugged into one page.  `transport` internal: built into the terminal; usb: carried in the pocket."""

    session: CDPSession = field(repr=False)
    id: str

    @classmethod
    def plugged(
        cls, page: Page, *, transport: str = "usb", verifies: bool = True, resident: bool = True, synced: bool = False
    ) -> "VirtualKey":
        """Plug a key in.  It is touched by itself, and its user is verified where `verifies`."""
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": transport, "hasResidentKey": resident,
            "hasUserVerification": verifies, "isUserVerified": verifies, "automaticPresenceSimulation": True,
            "defaultBackupEligibility": synced, "defaultBackupState": synced,
        }  # fmt: skip
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return cls(session, str(made["authenticatorId"]))

    def knows_its_user(self, *, verified: bool) -> None:
        """From now on the PIN is right, or wrong."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": verified})

    def touched(self, *, enabled: bool) -> None:
        """From now on it is touched when it blinks, or left alone."""
        said = {"authenticatorId": self.id, "enabled": enabled}
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", said)

    def credentials(self) -> list[dict[str, Any]]:
        """What it holds: credentialId, rpId, signCount, userHandle, privateKey."""
        found = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def count_back_to(self, count: int) -> None:
        """It becomes a copy that was made when its count was lower."""
        (held,) = self.credentials()
        self.session.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})
        held |= {"signCount": count}
        self.session.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": held})

    def unplugged(self) -> None:
        """Pull it out."""
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})
