"""The terms of a campaign: the numbers of the profile on the day of its opening.

The one law: *a campaign ends under the rules under which it began*: a profile that changes meanwhile changes none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from iam.policy.entry.review import Silence
from iam.policy.profile import Profile


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of the profile under which a campaign was opened; a later profile changes none of them.

    `due`, `escalate`: working days.  `remind`: working days before the day for answers.  `dormant`: days without use
    by the code of the zone ("" for a network that is not divided); `dormant_privileged`: for privileged IDs.  `pace`:
    seconds.  `clauses`: by the names of [review], "dormant ZONE" and "dormant_privileged"; "baseline" where no clause
    of the body asks for it.
    """

    due: int
    remind: tuple[int, ...]
    escalate: int
    silence: Silence
    peers: int
    peers_share: int
    many: int
    pace: int
    test_names: tuple[str, ...]
    dormant: Mapping[str, int]
    dormant_privileged: int
    clauses: Mapping[str, str]

    @classmethod
    def of(cls, profile: Profile) -> Self:
        """What `profile` says now."""
        review = profile.review
        privileged, zones = profile.privileged.dormancy_days, profile.zones or (profile.default_zone,)
        cited = {name: getattr(review, name).clause for name in type(review).model_fields}
        cited |= {f"dormant {zone.code}": zone.dormancy_days.clause for zone in zones}
        return cls(
            due=review.due.value, remind=tuple(review.remind.value), escalate=review.escalate.value,
            silence=review.silence.value, peers=review.peers.value, peers_share=review.peers_share.value,
            many=review.many.value, pace=review.pace.value, test_names=tuple(review.test_names.value),
            dormant={zone.code: zone.dormancy_days.value for zone in zones}, dormant_privileged=privileged.value,
            clauses={**cited, "dormant_privileged": privileged.clause},
        )  # fmt: skip

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """The terms that a campaign keeps."""
        tuples = {"remind": tuple(stored["remind"]), "test_names": tuple(stored["test_names"])}
        return cls(**{**stored, **tuples, "silence": Silence(stored["silence"])})

    def stored(self) -> dict[str, object]:
        """As a campaign keeps them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
