"""The nights of さくら市: from the first plan to a broken feed, by the commands that an operator types.

The one law: *each step shows one promise*, and fails when it is not kept.
"""

import re

import click

from web.practice.body import SEED, SIDECAR, a_day_later, people, write_feed
from web.practice.careers import RETIRE, Staff
from web.practice.walk.stage import HELD, SETTLED, CannotGoOn, Stage, heading


def plan(stage: Stage) -> None:
    heading(
        1,
        "今夜の計画を見る",
        "名簿とシステムを読み、何を変えるかを示します。まだ何も変えません。",
    )
    stage.run("iam sync --plan", expect=SETTLED, head=24)


def night(stage: Stage) -> None:
    heading(2, "同期する", "計画を作り直し、ガードを通れば適用し、一件ずつ読み返して確かめます。")
    stage.run("iam sync", expect=SETTLED)
    click.echo(f"  OpenLDAP に聞くと、使えるIDは {stage.in_use():,} 件です。")


def again(stage: Stage) -> None:
    heading(3, "もう一度実行する", "変えるものがなければ、何も書きません。")
    stage.run("iam sync --check", expect=SETTLED)


def tomorrow(stage: Stage) -> None:
    heading(
        4,
        "少しだけ変わった名簿が届く",
        "人事が一日に行った異動・退職・休業・改姓・採用です。市民課には同姓同名の佐藤健一さんが二人います。",
    )
    write_feed(stage.body.feed, a_day_later(people(stage.size, SEED, stage.today), stage.today))
    stage.run("iam sync --plan", expect=SETTLED)
    stage.run("iam sync", expect=SETTLED)


def april(stage: Stage) -> None:
    heading(
        5,
        f"{stage.body.april.year}年4月1日を予行する",
        "名簿には、次の4月1日の発令（異動・退職・任期更新・採用）と組織改正がもう入っています。",
        "一般職の内示は済み、管理職の内示は3月24日の解禁まで誰にも見せません。",
    )
    stage.run(f"iam sync --as-of {stage.body.april}", expect=SETTLED, head=30)
    click.echo("\n  部ごとの一覧（Excel）ができています。各部に渡して、4月1日の前に確かめてもらえます。")
    for sheet in sorted((stage.body.folder / "出力").iterdir())[:3]:
        click.echo(f"    {sheet}")


def broken(stage: Stage) -> None:
    before, feed = stage.in_use(), stage.body.feed
    whole, proof = feed.read_bytes(), feed.with_name(feed.name + SIDECAR).read_bytes()
    heading(6, "壊れた名簿が届く", "(1) 転送の途中で切れ、後ろ半分がありません。")
    feed.write_bytes(whole[: whole.index(b"\n", len(whole) // 2) + len("00010")])
    stage.run("iam sync", expect=HELD)
    click.echo("\n  (2) 人事システムの出力が半分で終わりました。件数もSHA-256も合い、見た目は正しい名簿です。")
    everybody = a_day_later(people(stage.size, SEED, stage.today), stage.today)
    rows = write_feed(feed, everybody[: len(everybody) // 2])
    held = stage.run("iam sync", expect=HELD)
    if found := re.search(r"iam plan show (\d+)", held):
        stage.run(f"iam plan show {found.group(1)}", expect=SETTLED, head=6)
    click.echo(f"  名簿は {rows:,} 行に減りましたが、OpenLDAP の使えるIDは {before:,} 件のまま、")
    click.echo(f"  いまも {stage.in_use():,} 件です。誰も締め出していません。")
    click.echo("\n  (3) 正しい名簿が届き直しました。保留した計画は、もう要らないので差し替わります。")
    feed.write_bytes(whole)
    feed.with_name(feed.name + SIDECAR).write_bytes(proof)
    stage.run("iam sync", expect=SETTLED)
    if stage.in_use() != before:
        raise CannotGoOn(f"使えるIDが {before:,} 件から {stage.in_use():,} 件に変わりました。")


def person(stage: Stage) -> None:
    one = somebody(stage)
    heading(
        7,
        "一人の経緯と、証跡を確かめる",
        f"{one.name}さんは、なぜ今の権限を持っているのか。次の4月1日にはどうなるのか。",
    )
    stage.run(f"iam person show {one.number}", expect=SETTLED, head=48)
    stage.run("iam audit verify", expect=SETTLED)


def somebody(stage: Stage) -> Staff:
    """A permanent member of 市民課 with a post before this one and a transfer to come."""
    for one in people(stage.size, SEED, stage.today):
        rows = one.appointments
        units = [row.unit.code[:4] if row.unit else "" for row in rows]
        moves = rows[-1].valid_from == stage.body.april and rows[-1].kind != RETIRE
        if len(rows) > 2 and units[-2] in {"0301", "0401", "0501"} and moves and units[0] != units[1]:  # noqa: PLR2004
            return one
    return next(people(stage.size, SEED, stage.today))
