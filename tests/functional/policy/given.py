"""A body's own files, laid over a profile of the product."""

from pathlib import Path

MAPPED = """
extends = "oita"

[titles."最高データ取扱責任者"]
state = "merged"
into = "最高情報セキュリティ責任者"
roles = ["approver"]
clause = "OITA-S8.2.1.3b"

[titles."データ取扱責任者"]
state = "merged"
into = "情報セキュリティ責任者"
roles = ["data_officer"]
clause = "OITA-S7.4.1.2"

[titles."情報システム管理者"]
state = "merged"
into = "情報セキュリティ責任者"
clause = "OITA-S8.2.1.3d"

[titles."情報セキュリティ管理者"]
state = "merged"
into = "情報セキュリティ責任者"
clause = "OITA-S7.2.2.5"

[titles."データ保護管理者"]
state = "not_used"
clause = "OITA-S8.2.1.3f"
"""


def written(folder: Path, text: str, name: str = "body.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
