"""The desk sheet: one printed page of what is enrolled, how it is used, and whom to call.

The one law: *no secret is ever printed*: whoever finds the sheet learns nothing
that signs in.
"""

from flask import Blueprint, render_template

from iam.policy.profile import Role
from iam.record.columns import jst_day
from iam.signin.factors import authenticators
from web.portal.factors.words import how_to_use, kinds
from web.site.guarding import bearers
from web.site.site import at, entrant, the_site

pages = Blueprint("sheet", __name__)


@pages.get("/desk-sheet")
def page() -> str:
    """For the drawer, not for the screen's edge."""
    site = the_site()
    profile = site.door.profile
    held = [each for each in authenticators.mine(site.store, entrant().person_id) if each.lasting]
    desk = bearers(profile, frozenset({Role.OPERATOR, Role.GENERAL_OFFICER}))
    return render_template(
        "portal/sheet.html", held=held, desk=desk, kinds=kinds, how_to_use=how_to_use, today=jst_day(at())
    )
