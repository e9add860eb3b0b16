"""Devices that come in by their MAC (自動識別, OITA-S8.2.3): the register answers, and the VLAN of their zone.

The one law: *a MAC is never a person's sign-in*, and lets a device into nothing but the network of its own
zone: only where an officer wrote which VLAN that is (`vlans`).
"""

from dataclasses import dataclass
from typing import Final

from flask_babel import gettext

from iam.access.places.marks import mac_of, spelt
from iam.access.places.terminals import Terminal, TerminalState, terminal_of
from iam.record.columns import jst_day
from iam.signin.deciding.question import Outcome
from iam.signin.deciding.records import Answer, note
from iam.signin.deciding.setting import Setting, zone_code
from iam.signin.tokens.clients import Client, RadiusDetail
from web.doors.radius.packet import Packet
from web.site.border.refusals import refused
from web.site.running.journal import log, request_id
from web.site.site import at, the_site

_BARE: Final = 12
_STATES: Final = {
    TerminalState.LOST: "terminal-lost",
    TerminalState.RETIRED: "terminal-retired",
    TerminalState.IN_STOCK: "terminal-in-stock",
}
"""The codes that every door has for them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A device that may come in, and into which VLAN."""

    terminal: Terminal
    vlan: str
    code: str = "terminal"


@dataclass(frozen=True, slots=True)
class Shut:
    """A device that may not.  `code`: why, for the record; `text`: what whoever stands there reads."""

    code: str
    text: str
    terminal: Terminal | None = None


def mac_in(packet: Packet) -> str | None:
    """The MAC of the device that asks for itself; "" when the device asks but shows none; None when a person does.

    A switch names the device by its MAC and says Call-Check, or gives the MAC as the password too.
    """
    mac = spelt(mac_of, packet.name)
    if packet.call_check:
        return mac if mac and spelt(mac_of, packet.calling) in {mac, ""} else ""
    if not mac:
        return None
    apart = len(packet.name) != _BARE
    if apart or packet.password.lower() == packet.name.lower():
        return mac if spelt(mac_of, packet.calling) == mac else ""
    return None


def judged(mac: str, detail: RadiusDetail) -> Placed | Shut:
    """Whether the device with this MAC may come in, and where."""
    if not detail.vlans:
        return Shut("mac_not_agreed", gettext("この接続では、機器だけで入ることはできません。"))
    if not mac:
        return Shut("no_mac", gettext("機器のMACアドレスを確認できません。"))
    with the_site().store.glance() as connection:
        found = terminal_of(connection, mac=mac)
    if found is None or found.mac != mac:
        return Shut("unregistered", gettext("登録されていない機器です。端末の管理担当に登録を依頼してください。"))
    if not found.lets_in or (found.lent_until is not None and found.lent_until < jst_day(at())):
        text = gettext(
            "「%(state)s」の機器です。端末の管理担当に連絡してください。", state=gettext(found.state.label_ja)
        )
        return Shut(_STATES.get(found.state, "terminal-overdue"), text, found)
    vlan = detail.vlans.get(zone_code(the_site().door.profile, found.zone))
    if vlan is None:
        return Shut(
            "device-no-vlan", gettext("この機器の領域は、ここでは使えません。端末の管理担当に連絡してください。"), found
        )
    return Placed(found, vlan)


def remember(client: Client, mac: str, found: Placed | Shut) -> None:
    """Record the answer as every decision is; of a device that nobody registered there may be any number.

    Raises:
        Busy, StoreError: when a new answer could not be recorded: no device comes in unrecorded.
    """
    log().info("device", id=request_id(), client=client.code, mac=mac, cause=found.code)
    if found.terminal is None:
        refused("device", f"{mac} {found.code}")
        return
    site = the_site()
    setting = site.door.memory(Setting)
    outcome = Outcome.ALLOW if isinstance(found, Placed) else Outcome.DENY
    reasons = ((found.code, setting.clauses(site.door)["registered"]),)
    rules = setting.digest(site.door)
    answer = Answer(None, client.system, "radius", outcome, reasons, mac, found.terminal.id, None, rules)
    note(site.store, site.door, answer, at())
