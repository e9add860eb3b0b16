"""Signing in, as the pages call it: a password, a code, a key, a card; each step answers what comes next.

The one law: *one act judges and records* (R35): reading and hashing come
before it, and inside it everything is looked at again, so that nothing that
changed meanwhile lets anybody in.
"""

from iam.signin.login.code import give_code
from iam.signin.login.key import give_certificate, give_key, key_options
from iam.signin.login.passing import Entered, move_on, sign_out
from iam.signin.login.password import give_at_device, give_password, prove_again, unlock
from iam.signin.steps import HalfDone, Outcome, Refused, SignedIn

__all__ = [
    "Entered",
    "HalfDone",
    "Outcome",
    "Refused",
    "SignedIn",
    "give_at_device",
    "give_certificate",
    "give_code",
    "give_key",
    "give_password",
    "key_options",
    "move_on",
    "prove_again",
    "sign_out",
    "unlock",
]
