"""A process that carries a signed review out on a real directory, and asks before each step whether it may go on.

It forks for every round, so that a killed one costs no start of a new interpreter.
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from connectors.ldap.openldap import OpenLdapOptions
from iam.jobs.reviews.tending import carry_out
from iam.policy.entry.review import Silence
from iam.record.columns import jst_day
from iam.record.keys import KeyRing
from tests.bodies import MODEL, a_body, rules
from tests.entrance import Moment
from tests.functional.review.deciding.given import profile
from tests.functional.sync.killable_errands import AskingStore, AskingTarget
from tests.offices import an_office

LDAP_MODEL: Final = MODEL.replace('ou = "{org_name}"', 'sn = "{name}"')
"""The access model with what an entry of the directory must have."""

ATTRIBUTES: Final = ("cn", "sn")


def _round(said: Mapping[str, Any]) -> None:
    moment, keys = Moment(datetime.fromisoformat(said["at"])), KeyRing.read(Path(said["keys"]))
    body = a_body(said["url"], keys, of=rules(LDAP_MODEL), migrated=True)
    office = an_office(body, profile(Silence.SUSPEND))
    targets = {"gw": AskingTarget("gw", OpenLdapOptions.model_validate(said["ldap"]), ATTRIBUTES)}
    store = AskingStore(said["url"], keys, moment)
    job = body.job(store=store, targets=targets, today=jst_day(moment.now), offices=office.offices)
    carry_out(job, office.hall.door, said["campaign"])


def main() -> None:
    """Fork for every line; say who runs, and when it is gone."""
    line = b""
    while byte := os.read(0, 1):
        if byte != b"\n":
            line += byte
            continue
        child = os.fork()
        if not child:
            os.write(1, f"pid {os.getpid()}\n".encode())
            _round(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        os.write(1, f"gone {os.waitstatus_to_exitcode(status)}\n".encode())
        line = b""


if __name__ == "__main__":
    main()
