"""A personnel directory and a target of any size, as LDIF, for the benchmarks.

The one law: both are what the product would have made itself, so that a night
over them has nothing to do.  Every name is made of two invented parts.
"""

from collections.abc import Iterator
from pathlib import Path

SOURCE = "dc=jinji,dc=test"
TARGET = "dc=gw,dc=test"
FAMILIES = ("佐倉", "桜井", "大崎", "小野寺", "髙瀬", "北見", "南条", "西園", "東雲", "中森", "白石", "黒川", "青柳")
GIVEN = (
    "一郎",
    "花子",
    "健太",
    "美咲",
    "翔",
    "結衣",
    "直樹",
    "彩",
    "誠",
    "恵",
    "拓也",
    "遥",
    "修",
    "愛",
    "渉",
    "舞",
    "樹",
)
UNIT_SIZE = 100


def unit_of(number: int, staff: int) -> int:
    """Which unit a person sits in; people of one unit stand together."""
    return number * max(staff // UNIT_SIZE, 1) // staff


def name_of(number: int) -> str:
    """An invented name, with the full-width space that personnel packages write."""
    return f"{FAMILIES[number % len(FAMILIES)]}\u3000{GIVEN[number // 13 % len(GIVEN)]}"


def source_entries(staff: int) -> Iterator[str]:
    """Personnel entries of 15 attributes."""
    for number in range(staff):
        unit = unit_of(number, staff)
        family, given = name_of(number).split("\u3000")
        yield (
            f"dn: employeeNumber={number:07},ou=people,{SOURCE}\nobjectClass: inetOrgPerson\n"
            f"employeeNumber: {number:07}\ncn: {name_of(number)}\nsn: {family}\ngivenName: {given}\n"
            f"displayName: シメイ {number % 97}\nemployeeType: regular\ndepartmentNumber: {unit:04}\nou: 第{unit}課\n"
            f"title: 主事\nbusinessCategory: 1\ncarLicense: 20250401\nroomNumber: 99999999\n"
            f"mail: s{number:07}@city.example\ntelephoneNumber: 03-0000-{number % 10000:04}\n"
        )


def target_entries(staff: int) -> Iterator[str]:
    """Accounts as the product makes them, then one group for each unit."""
    members: dict[int, list[str]] = {}
    for number in range(staff):
        unit = unit_of(number, staff)
        login = f"{number:07}"
        dn = f"uid={login},ou=people,{TARGET}"
        members.setdefault(unit, []).append(dn)
        yield (
            f"dn: {dn}\nobjectClass: inetOrgPerson\nuid: {login}\nemployeeNumber: {login}\ncn: {name_of(number)}\n"
            f"sn: {name_of(number).split(chr(0x3000))[0]}\ndisplayName: {name_of(number)}\nou: 第{unit}課\n"
            f"departmentNumber: {unit:04}\ntitle: 主事\nmail: s{number:07}@city.example\n"
        )
    for unit, natives in members.items():
        yield f"dn: cn=unit-{unit:04},ou=groups,{TARGET}\nobjectClass: groupOfNames\ncn: unit-{unit:04}\n" + "".join(
            f"member: {dn}\n" for dn in natives
        )


def write_ldif(path: Path, entries: Iterator[str]) -> Path:
    """Write entries as UTF-8 LDIF (slapadd takes it, though RFC 2849 would have base64)."""
    with path.open("w", encoding="utf-8") as stream:
        stream.writelines(f"{entry}\n" for entry in entries)
    return path


def access_model(staff: int) -> str:
    """access.toml for the target: one account each, one right by unit."""
    units = range(max(staff // UNIT_SIZE, 1))
    head = (
        '[systems.gw]\nname = "グループウェア"\nowner = "情報政策課"\n[systems.gw.attributes]\ncn = "{name}"\n'
        'sn = "{family}"\ndisplayName = "{name}"\nou = "{org_name}"\ndepartmentNumber = "{org_code}"\n'
        'title = "{title}"\nmail = "{email}"\n'
    )
    rights = "".join(f'[systems.gw.entitlements.unit-{u:04}]\nname = "第{u}課"\n' for u in units)
    rules = "".join(
        f'[[birthright]]\nid = "unit-{u:04}"\nclause = "baseline"\nsystem = "gw"\norg = ["{u:04}"]\n'
        f'entitlements = ["unit-{u:04}"]\n'
        for u in units
    )
    return head + rights + rules
