"""From a proved deployment to the door: what signing in needs to know of this body.

The one law: *the door is told everything*: it reads no file and no setting, so
that every process and every test opens the same one.
"""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from cryptography.x509 import load_pem_x509_certificate

from iam.errors import ConfigurationError
from iam.record.keys import KeyRing
from iam.record.store import Store
from iam.settings import Portal
from iam.signin.door import Door
from iam.signin.factors.certificates import TrustFiles
from iam.signin.passwords.blocklist import listed
from iam.signin.passwords.hashing import Hasher, Parameters
from iam.signin.watch import ClockWatch
from web.body.configuration import running_of
from web.body.deployment import Deployment

WAITING: Final = 16
"""How many sign-ins may wait in one process for their turn to be hashed; the next is told to come again at once.

The server has more threads than hash and wait (site/running/serving.py), so that a flood at the door stops nobody
who is signed in already."""


def door_of(deployment: Deployment, portal: Portal, keys: KeyRing, parameters: Parameters | None = None) -> Door:
    """The door of `portal`; passwords are hashed by `parameters`, RFC 9106's second choice unless given."""
    settings, profile = deployment.settings, deployment.profile
    certificate = portal.certificate
    return Door(
        profile=profile,
        model=deployment.model,
        keys=keys,
        hasher=Hasher(keys, parameters, at_once=portal.hashes, waiting=WAITING),
        origin=portal.origin,
        zone=portal.zone,
        absence={name: each.absence_runs for name, each in settings.sources.items() if _states(each)},
        body_words=(settings.body.name, profile.body.name),
        listed=listed,
        networks=deployment.networks,
        running=running_of(deployment),
        key_roots=tuple(root_of(path) for path in portal.key_roots),
        authorities=None if certificate is None else TrustFiles(certificate.ca, certificate.crl),
    )


def root_of(path: Path) -> bytes:
    """The certificate of a maker of security keys, as PEM.

    Raises:
        ConfigurationError: when the file holds none.
    """
    try:
        content = path.read_bytes()
        load_pem_x509_certificate(content)
    except (OSError, ValueError):
        cure = "PEM の証明書を一つ、読める場所に置いてください。"
        raise ConfigurationError([f"portal.key_roots: {path} を証明書として読めません。{cure}"]) from None
    return content


def watched(door: Door, store: Store) -> Door:
    """`door` with an eye on this host's clock, as the profile asks; a door of tests has a clock of its own making."""
    limit = timedelta(seconds=door.profile.signin.clock_offset.value)
    return replace(door, watch=ClockWatch(store, limit))


def _states(source: object) -> bool:
    """Whether the source says itself how many silent readings count, instead of leaving it to the profile."""
    return "absence_runs" in getattr(source, "model_fields_set", ())
