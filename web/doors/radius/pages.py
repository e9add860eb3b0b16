"""The question of FreeRADIUS: may whoever is before this device come in (`/radius/authenticate`).

The one law: *only an answer that says so lets in*: an accept carries a mark that the sample configuration
asks for, so that any other 200 (a proxy's page, a wrong address) lets nobody in.
"""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, jsonify, make_response, request

from iam.access.places.marks import address_of, mac_of, spelt
from iam.access.places.networks import Origin
from iam.signin.deciding.decision import Decision
from iam.signin.deciding.pulse import Whence
from iam.signin.tokens.clients import Client, ClientKind, RadiusDetail
from web.doors.devices import asking, entering
from web.doors.devices.entering import Admitted, Asks, Visitor
from web.doors.devices.strict import Malformed
from web.doors.devices.words import shortened
from web.doors.radius import by_mac
from web.doors.radius.by_mac import Placed
from web.doors.radius.packet import Packet, read
from web.site.border.refusals import refused
from web.site.site import at, the_site

pages = Blueprint("radius", __name__)

MARK: Final = "control:Tmp-String-0"
ALLOWED: Final = "kagimori"
_REJECT: Final = 401
_MALFORMED: Final = 400


@pages.post("/radius/authenticate")
def authenticate() -> Response:
    """Whoever is before a device: let in, asked for a code, or turned away."""
    client = asking.who_asks(ClientKind.RADIUS)
    if client is None:
        return asking.unknown({})
    try:
        packet = read(request.get_data())
    except Malformed as cause:
        return _malformed(str(cause))
    mac = by_mac.mac_in(packet)
    if mac is not None:
        return _device(client, mac)
    if not packet.password:
        return _malformed("no User-Password: CHAP, MS-CHAP and EAP are not served")
    return _person(client, packet)


def _person(client: Client, packet: Packet) -> Response:
    visitor = _visitor(client, packet)
    if packet.state:
        answer = entering.goes_on(visitor, packet.state, packet.password)
    else:
        answer = entering.begins(visitor, packet.password)
    if isinstance(answer, Asks):
        state = f"0x{answer.step.encode().hex()}"
        told = {"control:Response-Packet-Type": "Access-Challenge", "reply:State": state}
        return _answer(200, {**told, "reply:Reply-Message": shortened(answer.text)})
    if isinstance(answer, Admitted):
        return _answer(200, {MARK: ALLOWED, **_limits(answer.decision)})
    return _answer(_REJECT, {"reply:Reply-Message": shortened(answer.text)})


def _limits(decision: Decision) -> dict[str, str]:
    """How long the device may keep them: in seconds (RFC 2865 §5.27, §5.28); never 0, which some take for no limit."""
    found = {"reply:Session-Timeout": decision.stay(at()), "reply:Idle-Timeout": decision.idle}
    return {name: str(max(1, int(limit.total_seconds()))) for name, limit in found.items() if limit is not None}


def _visitor(client: Client, packet: Packet) -> Visitor:
    detail = client.agreed(RadiusDetail)
    system = detail.devices.get(packet.device) or detail.devices.get(packet.device_address) or client.system
    device = packet.device or packet.device_address
    return Visitor(client, packet.name, system, _whence(packet, detail), device, "radius", detail.challenge)


def _whence(packet: Packet, detail: RadiusDetail) -> Whence:
    """Where the visitor is: their address in the net, or the one that they call from; where people stand at the
    device itself, its own.  "" when none is said: that is nowhere, and not where the device is.

    Whoever calls from elsewhere is not in the office, whatever address they are given or ask for there.
    """
    framed, calling = spelt(address_of, packet.framed), spelt(address_of, packet.calling)
    address = framed or calling
    if framed and calling and _in_office(framed) and not _in_office(calling):
        address = calling
    if not address and detail.nearby:
        address = spelt(address_of, packet.device_address)
    return Whence(address=address, mac=spelt(mac_of, packet.calling))


def _in_office(address: str) -> bool:
    return the_site().door.networks.place_of(address).origin is Origin.OFFICE


def _device(client: Client, mac: str) -> Response:
    found = by_mac.judged(mac, client.agreed(RadiusDetail))
    by_mac.remember(client, mac, found)
    if isinstance(found, Placed):
        placed = {
            "reply:Tunnel-Type": "VLAN", "reply:Tunnel-Medium-Type": "IEEE-802",
            "reply:Tunnel-Private-Group-Id": found.vlan,
        }  # fmt: skip
        return _answer(200, {MARK: ALLOWED, **placed})
    return _answer(_REJECT, {"reply:Reply-Message": shortened(found.text)})


def _malformed(cause: str) -> Response:
    refused("packet", cause)
    return make_response(jsonify({}), _MALFORMED)


def _answer(status: int, attributes: Mapping[str, str]) -> Response:
    """As rlm_rest reads it: each value set, not added."""
    told = {name: {"op": ":=", "value": [value]} for name, value in attributes.items()}
    return make_response(jsonify(told), status)
