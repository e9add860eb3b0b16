"""Finding: one pass over the frozen lines of a review, all kinds at once, written in bulk.

The one law: *finding again finds the same*: what an earlier pass wrote of these systems is replaced, never added to.
"""

from collections import Counter
from collections.abc import Collection

from iam.access.model import AccessModel
from iam.policy.profile import Profile
from iam.record.act import Act
from iam.review.words import FindingKind


def find(
    act: Act, campaign_id: int, profile: Profile, model: AccessModel, *, systems: Collection[str] | None = None
) -> Counter[FindingKind]:
    """Find everything about the lines of one campaign, or about those of `systems` alone (read later).

    Call it in the act that froze them, after the last line and all persons are in.  Writes `campaign_finding` and the
    count in `campaign_line.findings`; what was found of these lines before is replaced.  Answers how many of each kind.
    The day and the numbers are those of the campaign (`day`, `terms` over the profile where it has them).
    """
    raise NotImplementedError
