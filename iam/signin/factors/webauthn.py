"""Security keys and the authenticators built into terminals (WebAuthn Level 3).

The one law: *nothing that a page in between could pass on* (R23, ASVS 6.7.2): the
signature covers our origin, our challenge and our name, and it is judged before
anything the answer says of the key is believed, so that a forged answer can
neither sign in nor have somebody's key taken for a copy.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from cryptography import x509
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    aaguid_to_string,
    base64url_to_bytes,
    bytes_to_base64url,
    options_to_json,
    parse_attestation_object,
    parse_authentication_credential_json,
    parse_authenticator_data,
    parse_client_data_json,
    parse_registration_credential_json,
    structs,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException

from iam.record.act import Act
from iam.record.keys import KeyRing
from iam.signin.factors.authenticators import Authenticator, Form, State, enrol

_CHALLENGE_BYTES: Final = 32
_PATIENCE_MS: Final = 300_000  # whoever has to look for the key first should not have to begin anew
_LONGEST_ANSWER: Final = 65_536
_LONGEST_HANDLE: Final = 1364  # 1,023 bytes in base64url (WebAuthn 7.1)
_USER_PURPOSE: Final = "webauthn user"
_MODEL_EXTENSION: Final = x509.ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")  # id-fido-gen-ce-aaguid
_VOUCHING: Final = frozenset(
    {structs.AttestationFormat.PACKED, structs.AttestationFormat.TPM, structs.AttestationFormat.FIDO_U2F}
)

# RS256 is what the TPM of older Windows terminals signs with.
_ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]

# Whatever a forged answer makes the parsers stumble over.
_ODD: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True)
class Site:
    """Us, as the browser knows us: `id` is the host name that keys are bound to, `origin` the page's, `name` shown."""

    id: str
    origin: str
    name: str

    @classmethod
    def at(cls, origin: str, name: str) -> "Site":
        """The site at `origin` ("https://id.example.lg.jp"), called `name`."""
        return cls(urlsplit(origin).hostname or "", origin, name)


@dataclass(frozen=True, slots=True)
class KeyRules:
    """What keys a body takes.

    `approved` are AAGUIDs in lower case, empty for any; `attested` asks the key's maker to vouch for its model, against
    `roots` (PEM) where given.  An unattested model is what the key says, and a chain without roots is what
    anybody could sign: enough against a mistake, not against malice.  `synced` admits keys that are copied through
    a cloud; `verified` asks the key itself to verify its user by PIN or fingerprint.
    """

    synced: bool = False
    verified: bool = False
    attested: bool = False
    approved: frozenset[str] = frozenset()
    roots: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Ceremony:
    """`options` is JSON for the browser; `challenge` (base64url) is kept on the server and believed once."""

    options: str
    challenge: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was shown to be real: what `keep` stores."""

    handle: str
    counter: int
    data: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verified:
    """The key signed.  `counter` is for `authenticators.note_used` (None when the key does not count)."""

    authenticator_id: int
    user_verified: bool
    counter: int | None


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """Why a key was not believed: a code of `_REFUSALS`.

    On "counter" (`cloned`) the caller disables the authenticator: there may be a copy of it.
    """

    code: str
    authenticator_id: int | None = None

    @property
    def cloned(self) -> bool:
        """Whether a valid signature came with a count that did not rise."""
        return self.code == "counter"

    @property
    def sentence_ja(self) -> str:
        """What the person reads, and the cure."""
        return _REFUSALS[self.code]


class _Signed(NamedTuple):
    answer: structs.AuthenticationCredential
    client: structs.CollectedClientData
    data: structs.AuthenticatorData


_AGAIN: Final = "はじめからもう一度行ってください。"
_REFUSALS: Final[Mapping[str, str]] = {
    "malformed": f"セキュリティキーからの応答を読み取れませんでした。{_AGAIN}",
    "challenge": f"時間がたったか、別の画面で手続きが進んだため、確認できませんでした。{_AGAIN}",
    "origin": "正しいサイトからの応答ではありません。アドレスを確かめ、情報システムの担当者へ連絡してください。",
    "site": "このサイト用に登録されたセキュリティキーではありません。このサイトで登録したキーを使ってください。",
    "presence": f"セキュリティキーに触れたことを確認できませんでした。{_AGAIN}",
    "verification": "セキュリティキーで本人確認（PIN・指紋など）が行われていません。キーにPINを設定してください。",
    "signature": f"セキュリティキーの署名を確認できませんでした。{_AGAIN}",
    "synced": "クラウドで同期される鍵（パスキー）は使えません。同期されないセキュリティキーを使ってください。",
    "model": "この機種のセキュリティキーは使えません。使える機種を情報システムの担当者に確かめてください。",
    "attestation": "キーの機種の証明を確認できませんでした。登録のとき、製造元の情報を送ることを許可してください。",
    "unknown": "このセキュリティキーは登録されていません。登録したキーを使ってください。",
    "ended": "このセキュリティキーは、使えなくなっています。ほかの認証手段を使ってください。",
    "owner": "このセキュリティキーは、別の人のものとして応答しました。ご自分のキーを使ってください。",
    "counter": (
        "このセキュリティキーは複製されたおそれがあるため、停止しました。情報システムの担当者へ連絡してください。"
    ),
}


def user_handle(keys: KeyRing, person_id: int, existing: Iterable[Authenticator]) -> str:
    """What a key calls this person (base64url, 32 bytes): tells no staff number, and stays when the ring rotates.

    `existing` are all of the person's authenticators, ended ones too.
    """
    known = [each.data["user"] for each in existing if each.form is Form.WEBAUTHN]
    if known:
        return str(known[0])
    return bytes_to_base64url(bytes.fromhex(keys.mac(_USER_PURPOSE, str(person_id).encode(), keys.current)))


def registration_options(
    site: Site, rules: KeyRules, *, user: str, account: str, name: str, existing: Iterable[Authenticator]
) -> Ceremony:
    """Options for `navigator.credentials.create()`; `user` from `user_handle`, `account` the staff number."""
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    # Without asking for the maker's word browsers blank out the model.
    ask = rules.attested or rules.approved
    options = generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=base64url_to_bytes(user),
        user_name=account,
        user_display_name=name,
        challenge=challenge,
        timeout=_PATIENCE_MS,
        attestation=structs.AttestationConveyancePreference.DIRECT
        if ask
        else structs.AttestationConveyancePreference.NONE,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED, user_verification=_verification(rules)
        ),
        exclude_credentials=_descriptors(existing),
        supported_pub_key_algs=_ALGORITHMS,
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(challenge))


def verify_registration(site: Site, rules: KeyRules, response: str, challenge: str) -> NewKey | KeyRefused:
    """Judge what `create()` answered (JSON text), without I/O."""
    try:
        answer, client, attestation = _read_registration(response)
    except _ODD:
        return KeyRefused("malformed")
    created = client.type == structs.ClientDataType.WEBAUTHN_CREATE
    if not created or (code := _mismatch(site, rules, client, attestation.auth_data, challenge)):
        return KeyRefused(code if created else "malformed")
    try:
        found = verify_registration_response(
            credential=answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=rules.verified,
            supported_pub_key_algs=_ALGORITHMS,
            pem_root_certs_bytes_by_fmt={each: list(rules.roots) for each in _VOUCHING} if rules.attested else None,
        )
    except _ODD:
        return KeyRefused("attestation" if attestation.fmt != structs.AttestationFormat.NONE else "malformed")
    if code := _why_not_kept(rules, attestation, attestation.auth_data):
        return KeyRefused(code)
    data = {
        "public_key": bytes_to_base64url(found.credential_public_key), "aaguid": found.aaguid,
        "transports": [each.value for each in answer.response.transports or ()],
        "attestation": structs.AttestationFormat(found.fmt).value, "synced": attestation.auth_data.flags.be,
        "verified": found.user_verified,
    }  # fmt: skip
    handle = bytes_to_base64url(found.credential_id)
    return NewKey(handle, found.sign_count, data) if len(handle) <= _LONGEST_HANDLE else KeyRefused("malformed")


def keep(act: Act, person_id: int, name: str, key: NewKey, *, user: str) -> int:
    """Bind a new key, active at once.

    Raises:
        NotFound, Conflict: see `authenticators.enrol` (a key that was ever bound is refused).
    """
    return enrol(
        act, person_id, Form.WEBAUTHN, name,
        handle=key.handle, data={**key.data, "user": user}, counter=key.counter, state=State.ACTIVE,
    )  # fmt: skip


def authentication_options(site: Site, rules: KeyRules, existing: Iterable[Authenticator] = ()) -> Ceremony:
    """Options for `navigator.credentials.get()`; without `existing` the key itself says whose it is."""
    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    options = generate_authentication_options(
        rp_id=site.id,
        challenge=challenge,
        timeout=_PATIENCE_MS,
        allow_credentials=_descriptors(existing),
        user_verification=_verification(rules),
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(challenge))


def claimed_handle(response: str) -> str:
    """The credential id that an answer names, for `by_handle`; "" for none, or for a text that no key could be."""
    try:
        answer = _read_authentication(response).answer
    except _ODD:
        return ""
    return answer.id if answer.id == bytes_to_base64url(answer.raw_id) else ""


def verify_authentication(
    site: Site, rules: KeyRules, found: Authenticator | None, response: str, challenge: str
) -> Verified | KeyRefused:
    """Judge what `get()` answered (JSON text), without I/O.  `found` is `by_handle` of the `claimed_handle`.

    The caller sees to it that `found` belongs to the person who is signing in.
    """
    try:
        signed = _read_authentication(response)
    except _ODD:
        return KeyRefused("malformed")
    if found is None or found.form is not Form.WEBAUTHN or found.handle != signed.answer.id:
        return KeyRefused("unknown")
    if code := _why_not_signed(site, rules, found, signed, challenge):
        return KeyRefused(code, found.id)
    # Only now is it known that the key itself said these.
    count, flags = signed.data.sign_count, signed.data.flags
    if max(count, found.counter) > 0 and count <= found.counter:
        return KeyRefused("counter", found.id)
    if not rules.synced and (flags.be or flags.bs or found.data["synced"]):
        return KeyRefused("synced", found.id)
    if rules.approved and found.data["aaguid"] not in rules.approved:
        return KeyRefused("model", found.id)
    return Verified(found.id, flags.uv, count or None)


def _why_not_signed(site: Site, rules: KeyRules, found: Authenticator, signed: _Signed, challenge: str) -> str:
    if not found.active:
        return "ended"
    if signed.client.type != structs.ClientDataType.WEBAUTHN_GET:
        return "malformed"
    if code := _mismatch(site, rules, signed.client, signed.data, challenge):
        return code
    said = signed.answer.response.user_handle
    if said and bytes_to_base64url(said) != found.data["user"]:
        return "owner"
    try:
        verify_authentication_response(
            credential=signed.answer,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(found.data["public_key"]),
            # The library would judge the count before the signature: a stranger could have any key disabled.
            credential_current_sign_count=0,
            require_user_verification=rules.verified,
        )
    except _ODD:
        return "signature"
    return ""


def _mismatch(
    site: Site, rules: KeyRules, client: structs.CollectedClientData, data: structs.AuthenticatorData, challenge: str
) -> str:
    """The first thing that was not said to us, here and now; "" when all of it was."""
    ours = base64url_to_bytes(challenge)
    checks = {
        # An empty challenge is one that was never given, or was believed already.
        "challenge": len(ours) >= _CHALLENGE_BYTES and hmac.compare_digest(ours, client.challenge),
        "origin": client.origin == site.origin and not client.cross_origin,
        "site": hashlib.sha256(site.id.encode()).digest() == data.rp_id_hash,
        "presence": data.flags.up,
        "verification": data.flags.uv or not rules.verified,
    }
    return next((code for code, holds in checks.items() if not holds), "")


def _why_not_kept(rules: KeyRules, attestation: structs.AttestationObject, data: structs.AuthenticatorData) -> str:
    said = data.attested_credential_data
    if rules.attested and not _vouched_for(attestation):
        return "attestation"
    if rules.approved and (said is None or aaguid_to_string(said.aaguid) not in rules.approved):
        return "model"
    return "synced" if data.flags.be and not rules.synced else ""


def _vouched_for(attestation: structs.AttestationObject) -> bool:
    chain = attestation.att_stmt.x5c
    said = attestation.auth_data.attested_credential_data
    if attestation.fmt not in _VOUCHING or not chain or said is None:
        return False
    try:
        model = x509.load_der_x509_certificate(chain[0]).extensions.get_extension_for_oid(_MODEL_EXTENSION).value
    except x509.ExtensionNotFound:
        return True
    # The maker's certificate names the model: a key may not borrow another model's name (WebAuthn 8.2.1).
    return isinstance(model, x509.UnrecognizedExtension) and model.value[2:] == said.aaguid


def _read_registration(
    response: str,
) -> tuple[structs.RegistrationCredential, structs.CollectedClientData, structs.AttestationObject]:
    answer = parse_registration_credential_json(_short(response))
    client = parse_client_data_json(answer.response.client_data_json)
    return answer, client, parse_attestation_object(answer.response.attestation_object)


def _read_authentication(response: str) -> _Signed:
    answer = parse_authentication_credential_json(_short(response))
    client = parse_client_data_json(answer.response.client_data_json)
    return _Signed(answer, client, parse_authenticator_data(answer.response.authenticator_data))


def _short(response: str) -> str:
    if len(response) > _LONGEST_ANSWER:
        raise ValueError("no key answers at such length")
    return response


def _verification(rules: KeyRules) -> structs.UserVerificationRequirement:
    return (
        structs.UserVerificationRequirement.REQUIRED
        if rules.verified
        else structs.UserVerificationRequirement.PREFERRED
    )


def _descriptors(existing: Iterable[Authenticator]) -> list[structs.PublicKeyCredentialDescriptor]:
    return [
        structs.PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(each.handle or ""),
            transports=[structs.AuthenticatorTransport(name) for name in each.data["transports"]] or None,
        )
        for each in existing
        if each.form is Form.WEBAUTHN and each.active
    ]
