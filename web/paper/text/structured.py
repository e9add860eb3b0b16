"""JSON: everything that is known of a review, for other programs; one line of the review a line of the file.

The one law: *its shape is stated* (docs/棚卸の出力.md) and changes with `version` alone.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TextIO

from iam.people.standing import Status
from iam.record.columns import canonical_json
from iam.review.campaigns import CampaignPerson, CampaignSystem
from iam.review.exports.columns import verdict
from iam.review.exports.cover import Cover
from iam.review.exports.rows import Row
from iam.review.findings import said

VERSION: Final = 1
_OF_CAMPAIGN: Final = (
    "id", "kind", "fiscal_year", "quarter", "title", "state", "opened_by", "opened_at", "day", "due_on", "revision",
    "people_hash", "snapshot_hash", "result_hash", "partial_reason", "signed_at", "closed_at", "complete",
)  # fmt: skip
_OF_LINE: Final = (
    "id", "system", "native_id", "login", "link", "sorting", "kind", "state", "enabled", "created_at", "used_at",
    "used_where", "former", "asked", "digest",
)  # fmt: skip
_OF_PERSON: Final = (
    "staff_number", "name", "since", "until", "org_code", "org_name", "department", "title", "category", "appointment",
)  # fmt: skip


class Structured:
    """A review as JSON; a writer of `folder.write`."""

    def __init__(self, path: Path, cover: Cover, on: date) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", newline="\n")
        self._on, self._lines = on, 0
        head = canonical_json({"kagimori": "review", "version": VERSION, **_head(cover)})
        self._file.write(head.removesuffix("}") + ',"lines":[')

    @property
    def lines(self) -> int:
        """Lines of the review that were written."""
        return self._lines

    def take(self, row: Row) -> None:
        """One line of the review."""
        self._file.write(("," if self._lines else "") + "\n" + canonical_json(_line(row, self._on)))
        self._lines += 1

    def close(self) -> None:
        """End the list and close the file."""
        self._file.write("\n]}\n")
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _head(cover: Cover) -> Mapping[str, object]:
    campaign = cover.campaign
    return {
        "body": cover.body,
        "campaign": {
            **{name: getattr(campaign, name) for name in _OF_CAMPAIGN},
            "kind_ja": campaign.kind.label_ja, "state_ja": campaign.state.label_ja, "year_ja": cover.year,
            "period_ja": cover.period, "scope": campaign.systems,
        },
        "systems": [_system(each) for each in cover.systems],
        "departments": [asdict(each) for each in cover.departments],
        "findings": [
            {"kind": kind, "label": kind.label_ja, "count": count} for kind, count in cover.findings.items()
        ],
        "carried": asdict(cover.carried) | {"waiting": cover.carried.waiting},
        "signatures": [asdict(each) for each in cover.signatures],
        "count": cover.lines,
    }  # fmt: skip


def _system(system: CampaignSystem) -> Mapping[str, object]:
    told = asdict(system) | {"unread": system.unread}
    del told["campaign_id"]
    return told


def _line(row: Row, on: date) -> Mapping[str, object]:
    line = row.line
    return {
        "number": row.number,
        **{name: getattr(line, name) for name in _OF_LINE},
        "system_name": row.system,
        "department": row.department,
        "unit": row.unit,
        "owner": _person(row.owner),
        "keeper": _person(row.keeper),
        "rights": [asdict(each) for each in line.rights],
        "findings": [
            {
                "kind": each.kind, "label": each.kind.label_ja, "said": said(each.kind, each.evidence),
                "evidence": each.evidence, "clause": each.clause,
            }
            for each in row.findings
        ],
        "answers": _answers(row),
        "verdict": verdict(row.outcome),
        "outcome": None if row.outcome is None else _outcome(row),
        "carried": [
            {
                "what": each.what, "entitlement": each.entitlement, "due_on": each.due_on, "put_at": each.put_at,
                "verified_at": each.verified_at, "lifted_at": each.lifted_at, "trouble": each.trouble,
                "state": each.state_ja(on),
            }
            for each in row.removals
        ],
        "clauses": row.clauses,
    }  # fmt: skip


def _outcome(row: Row) -> Mapping[str, object]:
    found = row.outcome
    if found is None:
        return {}
    return {
        "verdict": found.verdict, "rights": found.rights, "until": found.until, "silent": found.silent,
        "keeper": row.names.get(found.keeper or 0, ""), "owner": row.names.get(found.owner or 0, ""),
    }  # fmt: skip


def _answers(row: Row) -> list[Mapping[str, object]]:
    return [
        {
            "part": each.part, "verdict": each.verdict, "label": each.verdict.label_ja, "rights": each.rights,
            "until": each.until, "given_to": row.names.get(each.given_to or 0, ""), "reason": each.reason,
            "how": each.how, "by": row.names.get(each.answered_by or 0, ""), "at": each.answered_at,
        }
        for each in row.answers
    ]  # fmt: skip


def _person(person: CampaignPerson | None) -> Mapping[str, object] | None:
    if person is None:
        return None
    status = {"status": person.status, "status_ja": Status(person.status).label_ja}
    return {name: getattr(person, name) for name in _OF_PERSON} | status
