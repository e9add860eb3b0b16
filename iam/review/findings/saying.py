"""Findings in words: the evidence in short Japanese sentences, for pages, sheets and exports.

The one law: *an officer can check every word*: each sentence says what was seen, when and where, and nothing else.
"""

from collections.abc import Mapping
from typing import Any

from iam.review.words import FindingKind


def said(kind: FindingKind, evidence: Mapping[str, Any]) -> list[str]:
    """The evidence of one finding, the reason first, then last sign-in, standing with 人事, last decision.

    Self-contained: names and words stand in the evidence as they were when the review was opened.
    """
    raise NotImplementedError
