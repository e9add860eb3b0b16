"""Whether the process lives (/healthz) and whether it can serve (/readyz).

The one law: *no detail to strangers*: whoever asks from outside learns one word;
what is wrong stands in the log.
"""

from flask import Blueprint, Response
from sqlalchemy import text

from iam.errors import IamError
from web.site.running.journal import log
from web.site.site import at, the_site

pages = Blueprint("health", __name__)


@pages.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@pages.get("/readyz")
def readyz() -> Response:
    """The database answers at the version that this program expects, and the key ring opens what it seals."""
    store = the_site().store
    try:
        with store.read() as connection:
            connection.execute(text("SELECT 1"))
        store.keys.open("readiness", store.keys.seal("readiness", b"ready"))
    except IamError as error:
        log().error("not_ready", reason=str(error))
        return Response("unavailable\n", 503, mimetype="text/plain")
    if the_site().door.clock_is_wrong(at()):
        # Keys, cards and single-use codes still let people in, so this is an alarm and no reason to be taken away.
        log().error("clock_off", limit=the_site().door.profile.signin.clock_offset.value)
    return Response("ready\n", mimetype="text/plain")
