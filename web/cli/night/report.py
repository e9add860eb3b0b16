"""A run's report in Japanese, for a person or for a script.

The one law: *whatever did not go as it should has a sentence that names the
place and the next step*; what went well is a number.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from iam.people.announced import withheld
from iam.people.japanese import wareki
from iam.sync.guard import Hold
from iam.sync.plan import Dispute
from iam.sync.report import Report, SourceReport, TargetReport
from iam.sync.stored.plans import StoredPlan
from web.cli.exits import Exit
from web.cli.night.lines import A_GROUP, UNANNOUNCED, Shown, counted, listing
from web.cli.people.refusals import refusal, refusal_json

HASH_SHOWN: Final = 12
A_FEW: Final = 5


@dataclass(frozen=True)
class Telling:
    """A report with what of it may be read.

    `failed` are the changes that were tried and did not take effect;
    `unsettled` counts what the policy leaves open: until that is settled nothing is written.
    """

    report: Report
    shown: Shown
    disputes: Sequence[Dispute]
    hidden_disputes: int
    failed: Shown
    today: date
    exit: Exit
    unsettled: int = 0
    page: str = ""
    """Where the held plan is released in the portal; "": by `iam plan release`."""

    def lines(self, *, preview: bool, most: int | None = A_GROUP) -> Iterator[str]:
        """The whole report as text."""
        report = self.report
        what = "予行" if report.today > self.today else "同期の計画" if preview else "同期"
        yield f"{wareki(report.today)}の{what}"
        if self.unsettled:
            yield f"注意: ポリシーに決め残しが{self.unsettled}件あるため、まだ適用はできません（iam policy check）。"
        yield from self._sources()
        yield from self._targets()
        yield from self._changes(most, preview=preview)
        yield from self._disputes()
        yield from self._failures()
        yield from self._holds()
        yield from self._next(preview=preview)

    def _sources(self) -> Iterator[str]:
        if self.report.sources:
            yield "供給元"
        for source in self.report.sources:
            if source.error:
                yield f"  {source.name}: 読めませんでした。{source.error}"
                yield "    この供給元に載っているはずの職員は、だれも停止していません。"
                continue
            accepted = "" if source.accepted else "  取り込みません（保留）"
            where = "iam quarantine list" if source.accepted else "iam sync --check --json"
            yield f"  {source.name}: {_rows(source)}{accepted}"
            yield from _first(source.warnings, "    注意: {}", "")
            yield from _first(
                [refusal(withheld(each, self.today)) for each in source.rejected], "    受け付けなかった行: {}",
                f"（全件は {where}。その職員は前のままです）",
            )  # fmt: skip

    def _targets(self) -> Iterator[str]:
        if self.report.targets:
            yield "システム"
        for target in self.report.targets:
            if target.error:
                yield f"  {target.system}: 読めませんでした。{target.error}"
                yield "    このシステムには何もしていません。次の同期でやり直します。"
            else:
                drifted = f"、最後の確認から変わっていたもの {target.drifted:,}" if target.drifted else ""
                yield f"  {target.system}: ID {target.total:,}{drifted}"

    def _changes(self, most: int | None, *, preview: bool) -> Iterator[str]:
        plan, held, applied = self.report.plan, self.report.held, self.report.applied
        stored = held or plan
        if not self.shown.total:
            only = f"（計画 {held.id}、名簿の取り込みだけが保留です）" if held else ""
            yield f"{self._as_far_as_read()}変更はありません{only}。"
            return
        hash_ = f"、照合値 {stored.hash[:HASH_SHOWN]}" if stored and (preview or held) else ""
        number = f"（計画 {stored.id}{hash_}）" if stored else ""
        yield f"変更 {self.shown.total:,}件{number}"
        if preview or held:
            where = f"（iam plan show {stored.id} --all で全件を表示します）" if stored else ""
            yield from listing(self.shown, most, where)
        else:
            yield f"  {counted(self.shown)}"
        if applied is not None:
            missed = f"、できなかったもの {len(applied.failed):,}件" if applied.failed else ""
            other = f"（計画 {plan.id}、名簿によらない変更）" if plan and held else ""
            yield f"適用しました: {applied.done:,}件{missed}{other}"

    def _as_far_as_read(self) -> str:
        """What "no changes" does not speak of: whatever could not be read."""
        unread = [f"供給元 {source.name}" for source in self.report.sources if source.error]
        unread += [f"システム {target.system}" for target in self.report.targets if target.error]
        return f"確かめられなかったもの（{'、'.join(unread)}）を除き、" if unread else ""

    def _disputes(self) -> Iterator[str]:
        if self.disputes:
            yield f"判断が必要なID {len(self.disputes):,}件"
            yield from _first(
                [str(each) for each in self.disputes], "  {}", "（iam reconcile システム で確かめてください）"
            )
        if self.hidden_disputes:
            yield f"判断が必要なID（{UNANNOUNCED}） {self.hidden_disputes:,}件"
        if self.report.disputes and self.exit is Exit.FAILED and not self.report.broken:
            yield f"判断が必要なIDがなくなるまで、終了コードは {Exit.FAILED} です。ほかの変更は滞りません。"

    def _failures(self) -> Iterator[str]:
        applied, plan = self.report.applied, self.report.plan
        if applied is None or applied.whole:
            return
        yield "できなかった変更（次の同期でやり直します）"
        for system, why in applied.away.items():
            yield f"  {system}: 書き込めませんでした。{why}"
        where = f"（iam plan show {plan.id} --all で全件を表示します）" if plan else ""
        yield from ("  " + line for line in listing(self.failed, A_FEW, where))

    def _holds(self) -> Iterator[str]:
        if self.report.holds:
            yield "保留の理由"
        for hold in self.report.holds:
            yield f"  {hold}"

    def _next(self, *, preview: bool) -> Iterator[str]:
        held, plan = self.report.held, self.report.plan
        if held is not None:
            yield "次にすること: 名簿に誤りがあれば、直して iam sync を実行します。"
            yield "このとおりでよければ、担当者二人がそれぞれ内容を確かめて解除します。"
            yield f"  iam plan show {held.id}"
            yield f"  {self.page}" if self.page else f"  iam plan release {held.id} --hash {held.hash[:HASH_SHOWN]}"
        elif preview and self.report.holds:
            yield "このまま同期すると保留になり、担当者二人の確認が必要です。"
        elif preview and self.shown.total and plan and self.report.today == self.today and not self.unsettled:
            yield "次にすること: このとおりでよければ iam sync を実行します。"

    def as_json(self, *, preview: bool) -> dict[str, object]:
        """The whole report for a script."""
        report, applied = self.report, self.report.applied
        return {
            "on": report.today, "preview": preview, "exit_code": int(self.exit), "unsettled": self.unsettled,
            "sources": [_source_json(source, self.today) for source in report.sources],
            "targets": [_target_json(target) for target in report.targets],
            "changes": [line.as_json() for line in self.shown.lines],
            "hidden": self.shown.hidden,
            "disputes": [
                {"system": d.system, "login": d.login, "staff_number": d.staff_number, "reason": d.reason}
                for d in self.disputes
            ],
            "hidden_disputes": self.hidden_disputes,
            "holds": [_hold_json(hold) for hold in report.holds],
            "plan": plan_json(report.plan), "held": plan_json(report.held),
            "applied": None if applied is None else {
                "done": applied.done, "failed": [line.as_json() for line in self.failed.lines],
                "hidden": self.failed.hidden, "away": applied.away,
            },
        }  # fmt: skip


def exit_of(report: Report, *, check: bool) -> Exit:
    """How a run ends; that something differs is said only when it was checked."""
    if report.holds or report.held or any(source.error for source in report.sources):
        return Exit.HELD
    if report.broken or report.disputes:
        return Exit.FAILED
    return Exit.DIFFERS if check and report.changes else Exit.SETTLED


def plan_json(plan: StoredPlan | None) -> dict[str, object] | None:
    """A stored plan without its changes."""
    if plan is None:
        return None
    return {
        "id": plan.id, "made_at": plan.made_at, "made_by": plan.made_by, "on": plan.as_of, "purpose": plan.purpose,
        "state": plan.state, "hash": plan.hash, "holds": [_hold_json(hold) for hold in plan.holds],
        "first_officer": plan.first_officer, "second_officer": plan.second_officer,
    }  # fmt: skip


def _rows(source: SourceReport) -> str:
    counts = {
        "新しい行": source.added, "無くなった行": source.gone, "受け付けなかった行": len(source.rejected),
        "名簿に見当たらない職員": source.absent,
    }  # fmt: skip
    said = "、".join(f"{words} {count:,}" for words, count in counts.items() if count)
    return f"{source.total:,}行（{said or '前回と同じ'}）"


def _first(sentences: Sequence[str], frame: str, more: str) -> Iterator[str]:
    for sentence in sentences[:A_FEW]:
        yield frame.format(sentence)
    if len(sentences) > A_FEW:
        yield f"    ほか {len(sentences) - A_FEW:,}件{more}"


def _source_json(source: SourceReport, today: date) -> dict[str, object]:
    return {
        "name": source.name, "error": source.error, "accepted": source.accepted, "rows": source.total,
        "new": source.added, "gone": source.gone, "absent": source.absent, "warnings": source.warnings,
        "rejected": [refusal_json(withheld(row, today)) for row in source.rejected],
    }  # fmt: skip


def _target_json(target: TargetReport) -> dict[str, object]:
    return {"system": target.system, "error": target.error, "accounts": target.total, "drifted": target.drifted}


def _hold_json(hold: Hold) -> dict[str, str]:
    return {"reason": hold.reason, "clause": hold.clause}
