"""`iam policy`: see, check and compare the rules that a body works under.

The one law: *no value is printed without the clause behind it*.
"""

from collections.abc import Sequence
from itertools import groupby

import click

from iam.policy.checking import Problem, check
from iam.policy.cited import BASELINE
from iam.policy.clauses import clauses_of
from iam.policy.loading import bodies, load
from iam.policy.profile import Profile, TitleState
from iam.policy.rules import Difference, Rule, diff, rules
from iam.record.act import now
from iam.record.columns import jst_day
from web.cli.exits import Exit
from web.cli.japanese import as_json_option
from web.cli.setup.proposing import propose_command, standing_command
from web.cli.table import aligned, printable, say, say_json, say_table
from web.cli.wiring import Desk


@click.group()
def policy() -> None:
    """団体のポリシープロファイルを表示し、確かめ、比べます。

    プロファイルは、製品に付属するものの名前か、団体の .toml ファイルで指定します。
    """


@policy.command("list")
@as_json_option
def list_command(*, as_json: bool) -> None:
    """製品に付属するプロファイルを一覧にします。"""
    profiles = [(name, load(name)) for name in bodies()]
    if as_json:
        say_json([{"name": name, "body": profile.body.name, "digest": profile.digest} for name, profile in profiles])
        return
    heading = ("名前", "団体", "種別", "領域", "職員区分", "未定の役職名")
    say_table([heading, *(_summary(name, profile) for name, profile in profiles)])


@policy.command("show")
@click.argument("name", metavar="[プロファイル]", required=False)
@as_json_option
@click.pass_context
def show_command(context: click.Context, *, name: str | None, as_json: bool) -> None:
    """プロファイルの値を、根拠の条項とともに表示します。

    プロファイルを省くと、設定ファイルで指定した団体のものを表示します。
    """
    profile = _asked_for(context, name)
    listed = rules(profile)
    if as_json:
        content = profile.model_dump(mode="json", by_alias=True)
        say_json({**_heading_json(profile), "rules": [_rule_json(rule) for rule in listed], "content": content})
        return
    say(f"{profile.body.name}（{profile.body.kind}）")
    say(f"方針: {profile.body.policy}")
    say(f"出所: {profile.source}")
    say(f"内容の指紋: {profile.digest[:16]}")
    if profile.parameters_confidential.value:
        say("この団体は値を公開しません。表示を外部に渡さないでください。")
    say("")
    _echo_groups(listed)
    _echo_clauses(profile, listed)


@policy.command("check")
@click.argument("name", metavar="[プロファイル]", required=False)
@as_json_option
@click.pass_context
def check_command(context: click.Context, *, name: str | None, as_json: bool) -> None:
    """稼働を始められるかを確かめます。

    止めるもの（担い手が未定の役職名、一覧にない条項など）があれば、すべて示して終了コード 2 で終わります。
    プロファイルを省くと、設定ファイルで指定した団体のものを確かめます。
    """
    profile = _asked_for(context, name)
    # A named profile is checked without a configuration, so there may be no store to ask for the time.
    found = check(profile, jst_day(now()))
    stopped = any(problem.stops for problem in found)
    if as_json:
        say_json({**_heading_json(profile), "stopped": stopped, "problems": [_problem_json(p) for p in found]})
    else:
        _echo_problems(profile, found)
    context.exit(Exit.USAGE if stopped else Exit.SETTLED)


@policy.command("diff")
@click.argument("left", metavar="プロファイルA")
@click.argument("right", metavar="プロファイルB")
@click.option("--all", "everything", is_flag=True, help="値が同じで根拠だけが違うものも示します。")
@as_json_option
def diff_command(*, left: str, right: str, everything: bool, as_json: bool) -> None:
    """二つのプロファイルの違いを、両方の根拠の条項とともに示します。"""
    found = diff(load(left), load(right))
    shown = [difference for difference in found if everything or difference.in_value]
    if as_json:
        say_json([_difference_json(difference) for difference in shown])
        return
    heading = ("項目", left, "根拠", right, "根拠")
    say_table([heading, *((d.label, *_cells(d.left), *_cells(d.right)) for d in shown)])
    say("")
    say(f"違い {len(shown)}件")
    if len(shown) < len(found):
        say(f"値は同じで根拠だけが違うもの {len(found) - len(shown)}件（--all で示します）")


policy.add_command(propose_command)
policy.add_command(standing_command)


def _asked_for(context: click.Context, name: str | None) -> Profile:
    if name is not None:
        return load(name)
    desk: Desk = context.obj
    return desk.profile


def _summary(name: str, profile: Profile) -> tuple[str, ...]:
    zones = "、".join(zone.code for zone in profile.zones) or "なし"
    unmapped = sum(title.state is TitleState.UNMAPPED for title in profile.titles)
    return (name, profile.body.name, profile.body.kind, zones, str(len(profile.categories)), str(unmapped))


def _echo_groups(listed: Sequence[Rule]) -> None:
    """The rules as one table, with a blank line wherever the key's first part changes."""
    rows = [(rule.label, rule.value, *_reason(rule)) for rule in listed]
    cells = [[printable(cell) for cell in row] for row in (("項目", "値", "根拠", "補足"), *rows)]
    lines = iter(aligned(cells))
    say(next(lines))
    for _, group in groupby(listed, key=lambda rule: rule.key.partition(".")[0]):
        for _ in group:
            say(next(lines))
        say("")


def _echo_clauses(profile: Profile, listed: Sequence[Rule]) -> None:
    known = clauses_of(profile)
    cited = dict.fromkeys(rule.clause for rule in listed if rule.clause != BASELINE)
    if not cited:
        return
    found = [
        (known[name].section, known[name].title) if name in known else ("", "（条項一覧にありません）")
        for name in cited
    ]
    say("根拠とした条項")
    say_table([(name, *words) for name, words in zip(cited, found, strict=True)])


def _echo_problems(profile: Profile, found: Sequence[Problem]) -> None:
    stops = [problem for problem in found if problem.stops]
    others = [problem for problem in found if not problem.stops]
    for title, problems in (("稼働を止めるもの", stops), ("確かめていただきたいもの", others)):
        if problems:
            say(f"{title} {len(problems)}件")
        for number, problem in enumerate(problems, start=1):
            say(f"{number:>3}. {problem.key}")
            say(f"     {problem.message}")
            say(f"     根拠: {_clause_words(problem.clause)}")
    if any(title.state is TitleState.UNMAPPED for title in profile.titles):
        say('役職名は、団体の .toml ファイルの [titles."役職名"] に state と、post か into を書いて決めます。')
    if stops:
        say(f"{profile.body.name}: このままでは稼働を始められません。")
    else:
        say(f"{profile.body.name}: 稼働を始められます。")


def _cells(rule: Rule | None) -> tuple[str, str]:
    return (rule.value, _clause_words(rule.clause)) if rule else ("-", "-")


def _reason(rule: Rule) -> tuple[str, str]:
    return _clause_words(rule.clause), rule.note


def _clause_words(clause: str) -> str:
    return "標準" if clause == BASELINE else clause


def _heading_json(profile: Profile) -> dict[str, object]:
    return {"body": profile.body.name, "source": profile.source, "digest": profile.digest}


def _rule_json(rule: Rule | None) -> dict[str, str] | None:
    if rule is None:
        return None
    return {"key": rule.key, "label": rule.label, "value": rule.value, "clause": rule.clause, "note": rule.note}


def _problem_json(problem: Problem) -> dict[str, object]:
    return {"key": problem.key, "message": problem.message, "clause": problem.clause, "stops": problem.stops}


def _difference_json(difference: Difference) -> dict[str, object]:
    return {
        "key": difference.key,
        "in_value": difference.in_value,
        "left": _rule_json(difference.left),
        "right": _rule_json(difference.right),
    }
