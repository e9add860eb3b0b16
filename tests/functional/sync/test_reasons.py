"""A change names what really caused it: the end of a leave, the silence of a feed."""

from iam.sync.plan import ChangeKind
from iam.sync.report import Report
from tests.bodies import Body, on_leave, row


def reasons(report: Report, kind: ChangeKind) -> list[str]:
    return [change.reason() for change in report.changes if change.kind is kind]


def test_a_return_from_leave_is_the_reason_for_going_on_again(body: Body) -> None:
    body.rows = [row(1, since="2020-04-01"), on_leave(row(1), "2026-03-05", "2026-03-10")]
    body.night("2026-03-02")
    assert reasons(body.night("2026-03-05"), ChangeKind.DISABLE)

    (reason,) = reasons(body.night("2026-03-11"), ChangeKind.ENABLE)

    assert "2026" in reason
    assert "期間の終わり" in reason


def test_an_absence_says_which_source_was_silent_and_how_often(body: Body) -> None:
    body.rows = [row(1), row(2)]
    body.night("2026-03-02")
    body.forget(1)
    body.nights(2)

    (reason,) = reasons(body.night("2026-03-05"), ChangeKind.DISABLE)

    assert "供給元「jinji」の名簿に3回続けて見当たらない" in reason
