"""Who may answer what, what an answer must hold, and what wins of several: without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from iam.errors import Forbidden
from iam.policy.profile import Role
from iam.review.campaigns import CampaignPerson, Line, Right
from iam.review.deciding.counting.pace import BREAK, Deed, pace
from iam.review.deciding.reviewers import Answerers, Reviewer, why_not_line, why_not_person
from iam.review.deciding.taking.refusing import Known, overtaken, why_not_said, why_not_said_of
from iam.review.deciding.taking.wishes import Wish
from iam.review.deciding.verdicts import Answer, Outcome, weigh
from iam.review.opening.accounts.facts import Facts
from iam.review.words import OF_LINES, How, Part, Verdict
from iam.sync.actual.reconcile import Sorting

AT = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
ON = date(2026, 11, 20)
ME, OTHER, THIRD = 1, 2, 3

MAIL = Right("mail", "メール", "rule", "all", "baseline", "", "", privileged=False)
LINE = Line(
    7, 1, "gw", "n7", "yamada", "yamada", "", Sorting.LINKED, 70, "personal", "active", OTHER, None, True, (MAIL,), AT,
    None, "", "", 0, Part.OWNER, "",
)  # fmt: skip
GHOST = replace(LINE, person_id=None, account_id=None, kind="", state="", sorting=Sorting.ROGUE, findings=1)
SHARED = replace(GHOST, kind="shared", sorting=Sorting.PROTECTED, keeper_id=THIRD, findings=0)
PERSON = CampaignPerson(
    1, OTHER, "0000002", "山田", "in_service", None, None, "0101", "総務課", "総務部", "01", "主事", "regular", None,
    "", (), 2,
)  # fmt: skip
OWNER = Reviewer(ME, frozenset({Role.SYSTEM_OWNER}), frozenset({"gw"}))
GENERAL = Reviewer(ME, frozenset({Role.GENERAL_OFFICER}), frozenset())
HR = Reviewer(ME, frozenset({Role.HR_OFFICER}), frozenset())
KNOWN = Known(ON, ME, {9: "台帳にいない職員です。"}, {9: "台帳にいない職員です。"}, {8: frozenset({"gw"})})


# --- who


@pytest.mark.parametrize(
    ("who", "part", "line", "words"),
    [
        (OWNER, Part.OWNER, LINE, ""),
        (OWNER, Part.GENERAL, LINE, "権限がありません"),
        (OWNER, Part.HR, LINE, "権限がありません"),
        (OWNER, Part.OWNER, replace(LINE, system="zei"), "責任者ではない"),
        (OWNER, Part.OWNER, replace(LINE, asked=Part.GENERAL), "統括が回答する"),
        (OWNER, Part.OWNER, replace(LINE, person_id=ME), "自分の利用者ID"),
        (OWNER, Part.OWNER, replace(SHARED, keeper_id=ME), "自分が管理者"),
        (replace(OWNER, own=frozenset({("gw", "yamada")})), Part.OWNER, GHOST, "自分の利用者ID"),
        (replace(OWNER, kept=frozenset({("gw", "yamada")})), Part.OWNER, GHOST, "自分が管理者"),
        (replace(OWNER, barred=Forbidden("外部")), Part.OWNER, LINE, "外部"),
        (GENERAL, Part.GENERAL, LINE, ""),
        (GENERAL, Part.GENERAL, replace(LINE, asked=Part.GENERAL), ""),
        (GENERAL, Part.GENERAL, replace(LINE, person_id=ME), "自分の利用者ID"),
        (GENERAL, Part.GENERAL, replace(SHARED, keeper_id=ME), "自分が管理者"),
        (GENERAL, Part.OWNER, LINE, "権限がありません"),
        (HR, Part.GENERAL, LINE, "権限がありません"),
        (Reviewer(ME, frozenset({Role.AUDITOR}), frozenset({"gw"})), Part.OWNER, LINE, "権限がありません"),
    ],
)
def test_nobody_answers_but_who_is_asked_and_never_about_their_own(
    who: Reviewer, part: Part, line: Line, words: str
) -> None:
    refusal = why_not_line(who, part, line)
    assert (refusal is None) is (not words)
    assert words in str(refusal or "")


def test_personnel_answer_about_everybody_but_themselves() -> None:
    assert why_not_person(HR, OTHER) is None
    assert "自分の在職" in str(why_not_person(HR, ME))
    assert "権限がありません" in str(why_not_person(GENERAL, OTHER))
    assert why_not_person(replace(HR, barred=Forbidden("外部")), OTHER) is not None


def test_a_line_is_asked_of_an_owner_only_while_one_may_answer() -> None:
    cases = {((1, 2), 1, None): Part.OWNER, ((1,), 1, None): Part.GENERAL, ((1,), None, 1): Part.GENERAL,
             ((1, 2), 1, 2): Part.GENERAL, ((), 5, None): Part.GENERAL, ((1,), 5, 6): Part.OWNER}  # fmt: skip
    # The rule asks nothing of the facts of a system but who owns it.
    asked = {case: Facts.asked(SimpleNamespace(owners=case[0]), *case[1:]) for case in cases}  # type: ignore[arg-type]
    assert asked == cases
    by = Answerers(frozenset({4}), frozenset({ME, OTHER}), {"gw": frozenset({THIRD})})
    assert by.of(replace(LINE, asked=Part.GENERAL)) == {ME}
    assert by.of(SHARED) == frozenset()
    assert by.of(replace(LINE, system="gone")) == frozenset()
    assert (by.about(4), by.about(5)) == (frozenset(), frozenset({4}))


# --- what


def wish(verdict: Verdict, reason: str = "", **said: object) -> Wish:
    return Wish(verdict, 0, line_id=7, reason=reason, **said)  # type: ignore[arg-type] # fields of a wish


SOON = ON + timedelta(days=30)
LATE = ON + timedelta(days=367)


@pytest.mark.parametrize(
    ("line", "asked", "words"),
    [
        (LINE, wish(Verdict.KEEP), ""),
        (replace(LINE, findings=1), wish(Verdict.KEEP), "継続する理由"),
        (replace(LINE, findings=1), wish(Verdict.KEEP, "業務で使う"), ""),
        (GHOST, wish(Verdict.KEEP, "使っている"), "持ち主も管理者もいない"),
        (replace(SHARED, keeper_id=None), wish(Verdict.KEEP), "持ち主も管理者もいない"),
        (SHARED, wish(Verdict.KEEP), ""),
        (replace(GHOST, kind="privileged", findings=0), wish(Verdict.KEEP), ""),
        (replace(GHOST, sorting=Sorting.PROTECTED, findings=0), wish(Verdict.KEEP), ""),
        (LINE, wish(Verdict.REMOVE), "理由を書いてください"),
        (LINE, wish(Verdict.REMOVE, "　 "), "理由を書いてください"),
        (LINE, wish(Verdict.REMOVE, "不要"), ""),
        (LINE, wish(Verdict.REMOVE, "あ" * 501), "500文字"),
        (LINE, wish(Verdict.REMOVE, "不\0要"), "使えない文字"),
        (LINE, wish(Verdict.REMOVE, "不\ud800要"), "使えない文字"),
        (LINE, wish(Verdict.REMOVE, "番号 123456789018 の人"), "個人番号"),
        (LINE, wish(Verdict.REMOVE, "不要", until=SOON), "日付は書けません"),
        (LINE, wish(Verdict.KEEP, rights=("mail",)), "外す権限は書けません"),
        (LINE, wish(Verdict.KEEP, given_to=THIRD), "職員は書けません"),
        (LINE, wish(Verdict.REDUCE, "異動", rights=("mail",)), ""),
        (LINE, wish(Verdict.REDUCE, "異動"), "権限を選んで"),
        (LINE, wish(Verdict.REDUCE, "異動", rights=("root",)), "「root」は、このIDにありません"),
        (GHOST, wish(Verdict.REDUCE, "異動", rights=("mail",)), "持ち主も管理者もいない"),
        (LINE, wish(Verdict.LAPSE, "年度末まで", until=SOON), ""),
        (GHOST, wish(Verdict.LAPSE, "年度末まで", until=ON), ""),
        (LINE, wish(Verdict.LAPSE, "年度末まで"), "最後の日を書いて"),
        (LINE, wish(Verdict.LAPSE, "年度末まで", until=ON - timedelta(days=1)), "までの日に"),
        (LINE, wish(Verdict.LAPSE, "年度末まで", until=LATE), "までの日に"),
        (GHOST, wish(Verdict.KEEPER, given_to=THIRD), ""),
        (GHOST, wish(Verdict.KEEPER), "職員を選んで"),
        (GHOST, wish(Verdict.KEEPER, given_to=9), "管理者にできません"),
        (GHOST, wish(Verdict.KEEPER, given_to=ME), "自分を管理者に"),
        (LINE, wish(Verdict.KEEPER, given_to=THIRD), "職員個人のID"),
        (replace(GHOST, kind="privileged"), wish(Verdict.KEEPER, given_to=THIRD), "特権IDの台帳"),
        (GHOST, wish(Verdict.REASSIGN, given_to=THIRD), ""),
        (GHOST, wish(Verdict.REASSIGN, given_to=ME), "自分を持ち主に"),
        (GHOST, wish(Verdict.REASSIGN, given_to=8), "既にあります"),
        (GHOST, wish(Verdict.REASSIGN, given_to=9), "持ち主にできません"),
        (LINE, wish(Verdict.REASSIGN, given_to=THIRD), "替えられません"),
        (SHARED, wish(Verdict.REASSIGN, given_to=THIRD), "替えられません"),
        (replace(GHOST, sorting=Sorting.MISSING), wish(Verdict.REASSIGN, given_to=THIRD), "システムにない"),
        (LINE, wish(Verdict.LEFT, until=ON), "職員についての回答"),
    ],
)  # fmt: skip
def test_no_answer_is_empty_or_says_two_things(line: Line, asked: Wish, words: str) -> None:
    refusal = why_not_said(line, asked, KNOWN)
    assert (refusal is None) is (not words), refusal
    assert words in str(refusal or "")


@pytest.mark.parametrize(
    ("status", "asked", "words"),
    [
        ("in_service", wish(Verdict.IN_SERVICE), ""),
        ("left", wish(Verdict.IN_SERVICE), "理由（人事の記録では「退職」です）"),
        ("left", wish(Verdict.IN_SERVICE, "再任用の手続中"), ""),
        ("on_leave", wish(Verdict.AWAY), ""),
        ("in_service", wish(Verdict.LEFT), "最後の日"),
        ("in_service", wish(Verdict.LEFT, until=ON), ""),
        ("in_service", wish(Verdict.LEFT, until=LATE), "までに"),
        ("in_service", wish(Verdict.UNKNOWN), "何を確かめているか"),
        ("in_service", wish(Verdict.UNKNOWN, "本人に照会中"), ""),
        ("in_service", wish(Verdict.AWAY, until=ON), "日付は書けません"),
        ("in_service", wish(Verdict.REMOVE, "不要"), "職員には使えません"),
    ],
)
def test_personnel_say_until_when_and_what_they_still_ask(status: str, asked: Wish, words: str) -> None:
    refusal = why_not_said_of(replace(PERSON, status=status), asked, KNOWN)
    assert (refusal is None) is (not words), refusal
    assert words in str(refusal or "")


# --- what wins


def answer(verdict: Verdict, part: Part = Part.OWNER, **said: object) -> Answer:
    about = {"line_id": None, "person_id": OTHER} if part is Part.HR else {"line_id": 7, "person_id": None}
    values: dict[str, object] = {
        "id": 1, "campaign_id": 1, "part": part, "verdict": verdict, "rights": (), "until": None, "given_to": None,
        "reason": "", "how": How.PAGE, "sheet_id": None, "answered_by": ME, "answered_at": AT, "revision": 1, **about,
    }  # fmt: skip
    return Answer(**{**values, **said})  # type: ignore[arg-type] # fields of an answer


days = some.dates(date(2026, 4, 1), date(2027, 3, 31))


@some.composite
def answers(draw: some.DrawFn) -> list[Answer]:
    """At most one of each part."""
    found = []
    for part in draw(some.sets(some.sampled_from([Part.OWNER, Part.GENERAL]))):
        verdict = draw(some.sampled_from(OF_LINES))
        rights = tuple(sorted(draw(some.sets(some.sampled_from("abc"), min_size=1))))
        found.append(
            answer(
                verdict, part,
                rights=rights if verdict is Verdict.REDUCE else (),
                until=draw(days) if verdict is Verdict.LAPSE else None,
                given_to=draw(some.integers(1, 5)) if verdict in {Verdict.KEEPER, Verdict.REASSIGN} else None,
            )
        )  # fmt: skip
    said = draw(some.sampled_from([None, Verdict.IN_SERVICE, Verdict.AWAY, Verdict.UNKNOWN, Verdict.LEFT]))
    if said is not None:
        found.append(answer(said, Part.HR, until=draw(days) if said is Verdict.LEFT else None))
    return found


def ends(outcome: Outcome) -> date:
    """The last day of the account."""
    if outcome.verdict is Verdict.REMOVE and outcome.until is None:
        return date.min
    return outcome.until or date.max


@settings(derandomize=True, database=None)
@given(answers(), some.randoms(use_true_random=False))
def test_whatever_one_answer_takes_no_other_gives_back(given_: list[Answer], shuffled: object) -> None:
    whole = weigh(given_)
    order = list(given_)
    shuffled.shuffle(order)  # type: ignore[attr-defined] # of hypothesis
    assert weigh(order) == whole
    weighing = [each for each in given_ if each.part is not Part.HR or each.verdict is Verdict.LEFT]
    assert (whole is None) is (not weighing)
    if whole is None:
        return
    heaviest = max(each.verdict.weight for each in weighing)
    assert whole.verdict.weight == heaviest
    assert not whole.verdict.about_persons
    for each in weighing:
        alone = weigh([each])
        assert alone is not None
        assert ends(whole) <= ends(alone)
        # What goes at once goes with all its rights.
        assert ends(whole) == date.min or set(alone.rights) <= set(whole.rights)


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([answer(Verdict.REDUCE, rights=("a",)), answer(Verdict.LAPSE, Part.GENERAL, until=ON)],
         Outcome(Verdict.REDUCE, ("a",), ON)),
        ([answer(Verdict.REDUCE, rights=("b",)), answer(Verdict.REDUCE, Part.GENERAL, rights=("a",))],
         Outcome(Verdict.REDUCE, ("a", "b"))),
        ([answer(Verdict.LAPSE, until=SOON), answer(Verdict.LEFT, Part.HR, until=ON)],
         Outcome(Verdict.REMOVE, until=ON)),
        ([answer(Verdict.REDUCE, rights=("a",)), answer(Verdict.LEFT, Part.HR, until=ON)],
         Outcome(Verdict.REMOVE, ("a",), ON)),
        ([answer(Verdict.REMOVE), answer(Verdict.LEFT, Part.HR, until=SOON)], Outcome(Verdict.REMOVE)),
        ([answer(Verdict.KEEPER, given_to=4), answer(Verdict.KEEPER, Part.GENERAL, given_to=5)],
         Outcome(Verdict.KEEPER, keeper=5)),
        ([answer(Verdict.KEEPER, given_to=4), answer(Verdict.REASSIGN, Part.GENERAL, given_to=5)],
         Outcome(Verdict.REASSIGN, owner=5)),
        ([answer(Verdict.KEEPER, given_to=4), answer(Verdict.LAPSE, Part.GENERAL, until=ON)],
         Outcome(Verdict.LAPSE, (), ON, keeper=4)),
        ([answer(Verdict.KEEP, reason="使う"), answer(Verdict.UNKNOWN, Part.HR, reason="照会中")],
         Outcome(Verdict.KEEP, reasons=("使う",))),
        ([answer(Verdict.REMOVE, how=How.SILENCE, answered_by=None)], Outcome(Verdict.REMOVE, silent=True)),
        ([answer(Verdict.REMOVE, how=How.SILENCE, answered_by=None), answer(Verdict.LEFT, Part.HR, until=ON)],
         Outcome(Verdict.REMOVE)),
    ],
)  # fmt: skip
def test_rights_and_days_go_together_and_the_general_officer_names_last(
    given_: list[Answer], expected: Outcome
) -> None:
    assert weigh(given_) == expected


def test_the_second_of_two_reviewers_is_told_who_what_and_when() -> None:
    stands = answer(Verdict.REMOVE, revision=5, answered_by=THIRD)
    told = str(overtaken(stands, replace(wish(Verdict.KEEP), seen=4), {THIRD: "鈴木"}))
    assert "鈴木さんが 2026-11-20 09:00 に「停止」と回答" in told
    assert overtaken(stands, replace(wish(Verdict.KEEP), seen=5), {}) is None
    assert overtaken(None, wish(Verdict.KEEP), {}) is None
    assert overtaken(replace(stands, answered_by=None, how=How.SILENCE), wish(Verdict.KEEP), {}) is None


# --- how fast


def deeds(*seconds: float, number: int = 1, sheet: int = 0) -> list[Deed]:
    """Each so long after the one before."""
    found, at = [], AT
    for each in seconds:
        at += timedelta(seconds=each)
        found.append(Deed(at, number, number, 0, 0, sheet))
    return found


@pytest.mark.parametrize(
    ("done", "each", "hasty"),
    [
        (deeds(*[2] * 10), 1.8, True),
        (deeds(*[9] * 10), 8.1, False),
        (deeds(*[2] * 9), 16 / 9, False),
        (deeds(0, 3 * 24 * 3600, *[2] * 9), (BREAK.total_seconds() + 18) / 11, False),
        (deeds(0, number=5000), None, True),
        (deeds(0, 60, number=5000), 0.006, True),
        (deeds(0, 60, number=5000, sheet=5000), None, False),
    ],
)
def test_too_many_too_fast_is_shown_but_not_what_was_looked_at_on_paper(
    done: list[Deed], each: float | None, *, hasty: bool
) -> None:
    found = pace(ME, ("山田", "確認済", 7), done, many=10, seconds=5)
    assert (found.hasty, found.number) == (hasty, sum(deed.number for deed in done))
    assert found.seconds == (None if each is None else pytest.approx(each))
    assert (found.kept, found.words, found.same) == (found.number, "確認済", 7)
