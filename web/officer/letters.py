"""Letters that did not leave the house, for whoever runs it.

The one law: *nothing of a letter but whom, what about and why not*: its words are its reader's alone.
"""

from flask import Blueprint, render_template

from iam import outbox
from iam.people.ledger import people
from web.site.site import the_site

pages = Blueprint("letters", __name__)

MOST = 200


@pages.get("/office/letters")
def page() -> str:
    """What did not arrive, and what is still tried."""
    site = the_site()
    with site.store.read() as connection:
        letters = outbox.undelivered(connection, MOST)
        known = {each.id: each for each in people(connection, {letter.person_id for letter in letters})}
    return render_template(
        "officer/letters.html", letters=letters, known=known, most=MOST, mail=site.deployment.settings.mail
    )
