"""From a proved deployment to what opening a review needs to know of the body.

The one law: *the whole model is reviewed*, not only what the sync feeds.
"""

from iam.review.opening.plan import Ground
from web.body.deployment import Deployment
from web.body.job import offices_of, unit_on


def ground_of(deployment: Deployment) -> Ground:
    """What the body's files say."""
    return Ground(deployment.profile, deployment.model, offices_of(deployment), unit_on(deployment.organisation))


def review_page(deployment: Deployment, campaign_id: int) -> str:
    """Where a review is answered in the portal; "" where there is none."""
    portal = deployment.settings.portal
    return f"{portal.origin}/office/review/{campaign_id}" if portal else ""
