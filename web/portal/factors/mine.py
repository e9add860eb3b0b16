"""My factors: what they are, when I used them, what to do when one changes hands.

The one law: *a loss needs no proof* (R26): whoever is signed in may report it,
for the worst that can happen is a walk to the desk; everything else that
changes a factor asks for one.
"""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from iam.record.columns import jst_day
from iam.signin.factors import authenticators, codes
from iam.signin.factors.authenticators import Authenticator, Form
from iam.signin.factors.removal import Refusal, why_not_remove
from iam.signin.own import parting
from iam.signin.own.owner import Owner
from web.portal.factors.app import NameForm
from web.portal.factors.words import kinds, label
from web.portal.owner import owner
from web.site.border import cookies
from web.site.face.language import spoken
from web.site.site import at, the_site

pages = Blueprint("factors", __name__)


@dataclass(frozen=True)
class Held:
    """One factor of mine.  `kept_because`: why it cannot be removed, "" when it can."""

    factor: Authenticator
    label: str
    kinds: str
    kept_because: str


@pages.get("/factors")
def page() -> str:
    """All of them."""
    mine = owner()
    held = authenticators.mine(mine.store, mine.id)
    recovery = next((each for each in held if each.form is Form.RECOVERY), None)
    left = codes.mine(mine.store, mine.id, at()).get(Form.RECOVERY, 0) if recovery else 0
    lasting = [_held(mine, each, held) for each in held if each.lasting]
    return render_template(
        "portal/factors/mine.html",
        held=lasting,
        recovery=recovery,
        left=left,
        enrolled=lambda each: jst_day(each.enrolled_at),
    )


def _held(mine: Owner, factor: Authenticator, held: list[Authenticator]) -> Held:
    rules = mine.who.rules
    refusal = why_not_remove(
        held, factor, second_factor=rules.second_factor, phishing_resistant=rules.phishing_resistant
    )
    return Held(factor, label(factor.form), kinds(factor), spoken(refusal.sentence_ja) if refusal else "")


def _one(id_: int) -> Held:
    mine = owner()
    with mine.store.glance() as connection:
        factor = authenticators.authenticator(connection, id_, person_id=mine.id)
        return _held(mine, factor, authenticators.of_person(connection, mine.id))


@pages.route("/factors/<int:id_>/name", methods=["GET", "POST"])
def rename(id_: int) -> Response | tuple[str, int]:
    """Give it another name."""
    found = _one(id_)
    form = NameForm.read(name=found.factor.name)
    if not form.sent():
        return render_template("portal/factors/rename.html", form=form, found=found), form.status
    with owner().act() as act:
        authenticators.rename(act, id_, owner().id, form.name.data or "")
    flash(gettext("名前を変更しました。"), "success")
    return redirect(url_for("factors.page"), 303)


@pages.get("/factors/<int:id_>/remove")
def removing(id_: int) -> str:
    """What happens when it is removed."""
    return render_template("portal/factors/remove.html", found=_one(id_))


@pages.post("/factors/<int:id_>/remove")
def remove(id_: int) -> Response | tuple[str, int]:
    """Remove it."""
    outcome = parting.remove(owner(), id_)
    if isinstance(outcome, Refusal):
        return render_template("portal/factors/remove.html", found=_one(id_)), 409
    flash(gettext("「%(name)s」を削除しました。", name=outcome.name), "success")
    return redirect(url_for("factors.page"), 303)


@pages.get("/factors/<int:id_>/lost")
def losing(id_: int) -> str:
    """What happens when it is reported lost."""
    return render_template("portal/factors/lost.html", found=_one(id_))


@pages.post("/factors/<int:id_>/lost")
def lost(id_: int) -> Response:
    """It is lost: dead, everybody told, everything signed out."""
    mine, site = owner(), the_site()
    with mine.act() as act:
        gone = parting.lost(act, site.door, site.deployment.organisation, mine.who, id_, by="owner")
    if gone is None:
        flash(gettext("この認証手段は、すでに使えなくなっています。"), "info")
        return redirect(url_for("factors.page"), 303)
    return cookies.sign_out(redirect(url_for("factors.reported"), 303))


@pages.get("/lost")
def reported() -> str:
    """What to do next, once it was reported; the same for everybody who looks."""
    return render_template("portal/factors/reported.html")
