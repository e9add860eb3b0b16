"""A review written straight into the books, with what makes exports hard: 外字, formulas, control characters, persons
without a post, accounts of nobody, a system that could not be read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, insert, update

from iam.people.ledger import person_table
from iam.policy.entry.review import Silence
from iam.record.bulk import bulk_insert
from iam.record.store import Store
from iam.review.books import (
    campaign_answer_table,
    campaign_finding_table,
    campaign_line_table,
    campaign_person_table,
    campaign_removal_table,
    campaign_system_table,
    campaign_table,
)
from iam.review.campaigns import campaign
from iam.review.closing.agreed.result import tally
from iam.review.opening.hashes import FROZEN, digest_of, people_hash, snapshot_hash
from iam.review.terms import Terms
from iam.review.words import CampaignState, FindingKind, How, Part, Verdict

DAY: Final = date(2026, 10, 5)
OPENED: Final = datetime(2026, 10, 5, 0, 30, tzinfo=UTC)
UNITS: Final = (
    ("0101", "総務課", "総務部"), ("0201", "税務課", "財務部"), ("0202", "納税課", "財務部"),
    ("0301", "子育て支援課", "福祉保健部/こども家庭局[特別対策室]とても長い名前の組織"), ("", "", ""),
)  # fmt: skip
HOSTILE: Final = (
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-cmd|' /C calc'!A0",
    "@SUM(A1)",
    "\t=1",
    "＝1+1",
    "\u200b=1",
    "‐1",
)
"""Logins of accounts that nobody of us made."""

NAMES: Final = ("川口 遥", "𠮷田 一郎", "髙橋 \ue0f2子", "葛\U000e0100城 美咲", "渡邉 海斗 ～ 〜", "Müller Ä")
_TERMS: Final = Terms(
    due=20, remind=(10, 5, 1), escalate=5, silence=Silence.SUSPEND, peers=5, peers_share=20, many=50, pace=5,
    test_names=("test*",), dormant={"": 90}, dormant_privileged=30, clauses={},
)  # fmt: skip
_EVIDENCE: Final = {"used": None, "where": "", "created": "2020-04-01T00:00:00.000000Z", "status": "", "since": None,
                    "post": "", "former": "", "link": ""}  # fmt: skip


@dataclass(frozen=True)
class Planted:
    """The campaign before, the one that is exported, and how many lines it has."""

    before: int
    id: int
    lines: int


def plant(store: Store, lines: int = 60) -> Planted:
    """Two reviews, of which the later has so many lines, every fifth of nobody; answered but for the last ten."""
    with store.act("test") as act:
        people = max(lines // 2, len(NAMES))
        connection = act.connection
        _ledger(connection, people)
        before = _campaign(connection, quarter=2, state=CampaignState.CLOSED, lines=0)
        number = _campaign(connection, quarter=3, state=CampaignState.OPEN, lines=lines, previous_id=before)
        bulk_insert(connection, campaign_person_table, *_table(_frozen(number, people)))
        first = 1
        bulk_insert(connection, campaign_line_table, *_table(_lines(number, first, lines, people)))
        bulk_insert(connection, campaign_finding_table, *_table(_findings(number, first, lines)))
        bulk_insert(connection, campaign_answer_table, *_table(_answers(number, first, lines, people)))
        connection.execute(
            update(campaign_table)
            .where(campaign_table.c.id == number)
            .values(
                revision=lines - 10, people_hash=people_hash(connection, number),
                snapshot_hash=snapshot_hash(connection, number),
            )
        )  # fmt: skip
        return Planted(before, number, lines)


def sign_and_carry_out(store: Store, planted: Planted) -> None:
    """Two persons have signed, and one of three removals was read back, one undone."""
    with store.act("test") as act:
        at = OPENED + timedelta(days=20)
        values: dict[str, object] = {"state": CampaignState.SIGNED, "general_by": 1, "general_at": at, "hr_by": 2,
                                    "hr_at": at, "signed_at": at}  # fmt: skip
        values["result_hash"] = tally(act.connection, campaign(act.connection, planted.id)).hash
        act.connection.execute(update(campaign_table).where(campaign_table.c.id == planted.id).values(**values))
        common = {"campaign_id": planted.id, "system": "gw", "comparable": "", "native_id": "", "what": "account",
                  "entitlement": "", "person_id": None, "reason": "不要", "clause": "", "block_id": None,
                  "due_on": DAY, "put_at": at, "verified_at": None, "trouble": "", "alarmed_at": None,
                  "lifted_at": None, "lifted_by": None, "lift_reason": ""}  # fmt: skip
        rows: list[dict[str, object]] = [
            {"line_id": 1, "login": "a", "verified_at": at},
            {"line_id": 2, "login": "b", "lifted_at": at, "lifted_by": 1},
            {"line_id": 3, "login": "c", "trouble": "応答がありません。"},
        ]
        act.connection.execute(insert(campaign_removal_table), [{**common, **row} for row in rows])


def _campaign(connection: Connection, *, quarter: int, state: CampaignState, lines: int, **more: object) -> int:
    values: dict[str, Any] = {
        "kind": "quarterly", "fiscal_year": 2026, "quarter": quarter, "title": f"令和8年度 第{quarter}四半期の棚卸",
        "scope": {"systems": []}, "terms": _TERMS.stored(), "state": CampaignState.OPEN, "opened_by": "nobu",
        "opened_at": OPENED, "day": DAY, "due_on": date(2026, 11, 2), "people_hash": "b" * 64,
        "snapshot_hash": "a" * 64, "revision": 0, "result_hash": "", "partial_reason": "", "abandon_reason": "",
    }  # fmt: skip
    if state is CampaignState.CLOSED:
        values |= {"state": state, "general_by": 1, "hr_by": 2, "complete": True, "closed_at": OPENED}
    made = insert(campaign_table).values(**{**values, **more}).returning(campaign_table.c.id)
    number: int = connection.execute(made).scalar_one()
    systems = (
        ("gw", "グループウェア", "情報政策課", OPENED, ""),
        ("zei", "税務システム", "税務課", None, "応答がありません。"),
    )
    connection.execute(insert(campaign_system_table), [
        {"campaign_id": number, "system": code, "name": name, "owner": owner, "zone": "", "connected": True,
         "read_at": read, "trouble": trouble, "on_target": lines // 2, "lines": lines // 2, "missing": 0}
        for code, name, owner, read, trouble in systems
    ])  # fmt: skip
    if not lines:
        old = {"campaign_id": number, **next(_lines(number, 1_000_000, 1, 1))}
        connection.execute(insert(campaign_line_table).values(**old))
        found = {"line_id": 1_000_000, "kind": FindingKind.NO_OWNER, "evidence": _EVIDENCE, "clause": ""}
        connection.execute(insert(campaign_finding_table).values(campaign_id=number, **found))
    return number


def _ledger(connection: Connection, people: int) -> None:
    bulk_insert(connection, person_table, *_table(
        {"id": each, "staff_number": f"{each:07}", "source": "jinji", "name": NAMES[each % len(NAMES)],
         "name_kana": "", "email": "", "home_body": "", "absent_runs": 0, "absent_edition": "", "pending": False,
         "created_at": OPENED}
        for each in range(1, people + 1)
    ))  # fmt: skip


def _frozen(number: int, people: int) -> Iterator[dict[str, object]]:
    for each in range(1, people + 1):
        code, unit, department = UNITS[each % len(UNITS)]
        yield {
            "campaign_id": number, "person_id": each, "staff_number": f"{each:07}",
            "name": NAMES[each % len(NAMES)], "status": "in_service" if code else "left", "since": date(2020, 4, 1),
            "until": None if code else date(2026, 3, 31), "org_code": code, "org_name": unit,
            "department": department, "title_code": "10", "title": "主事", "category": "regular",
            "post_from": date(2020, 4, 1), "appointment": "2020-04-01 採用", "factors": [], "accounts": 1,
        }  # fmt: skip


def _lines(number: int, first: int, count: int, people: int) -> Iterator[dict[str, object]]:
    for each in range(count):
        owned = each % 5 != 0
        login = (
            HOSTILE[each // 5 % len(HOSTILE)] + ("" if each < 5 * len(HOSTILE) else f"{each}")
            if not owned
            else f"s{each:06}"
        )
        rights = [{"right": "mail", "name": "メール", "by": "rule", "rule": "全職員", "clause": "OITA-S8.2.1.2a",
                   "since": "2020-04-01", "until": "", "privileged": False}]  # fmt: skip
        line: dict[str, object] = {
            "id": first + each, "campaign_id": number, "system": "gw" if each % 2 else "zei",
            "native_id": f"uid={each},ou=people,dc=city", "login": login, "comparable": login.casefold(), "link": "",
            "sorting": "linked" if owned else "rogue", "account_id": None, "kind": "personal" if owned else "",
            "state": "active" if owned else "", "person_id": each % people + 1 if owned else None,
            "keeper_id": None, "enabled": True, "rights": rights * (each % 3), "created_at": OPENED,
            "used_at": OPENED if owned else None, "used_where": "システムの記録" if owned else "", "former": "",
            "findings": 0 if owned else 1, "asked": "owner" if owned else "general",
        }  # fmt: skip
        yield line | {"digest": digest_of(line[name] for name in FROZEN)}


def _findings(number: int, first: int, count: int) -> Iterator[dict[str, object]]:
    told = {**_EVIDENCE, "link": "9\x07\ue000"}
    for each in range(0, count, 5):
        yield {"campaign_id": number, "line_id": first + each, "kind": FindingKind.NO_OWNER, "evidence": told,
               "clause": "OITA-S8.2.1.2c"}  # fmt: skip


def _another(person: int, people: int) -> int:
    """One of a few who answer, and never about themselves."""
    few = min(people, 7)
    return person % few + 1 if person % few + 1 != person else person + 1


def _answers(number: int, first: int, count: int, people: int) -> Iterator[dict[str, object]]:
    for each in range(count - 10):
        owned = each % 5 != 0
        yield {
            "campaign_id": number, "part": Part.OWNER if owned else Part.GENERAL, "line_id": first + each,
            "person_id": None, "concerns_id": each % people + 1 if owned else None, "keeper_id": None,
            "verdict": Verdict.KEEP if owned else Verdict.REMOVE, "rights": [], "until": None, "given_to": None,
            "reason": "" if owned else "=誰のものか分からない\r\n二行目", "how": How.PAGE, "sheet_id": None,
            "answered_by": _another(each % people + 1, people), "answered_at": OPENED + timedelta(days=each % 12),
            "revision": each + 1,
        }  # fmt: skip


def _table(rows: Iterator[dict[str, object]]) -> tuple[Sequence[str], list[tuple[object, ...]]]:
    found = list(rows)
    return list(found[0]), [tuple(each.values()) for each in found]
