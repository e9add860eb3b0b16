"""DNs: what is put into one stays a value; all spellings of one are the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ldap3.utils.dn import parse_dn

from connectors.ldap.names import canonical_dn, escape_dn_value
from tests.unit.connectors_ldap.encoding import unhurried

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("value", "escaped"),
    [
        ("tanaka", "tanaka"),
        ("田中 太郎", "田中 太郎"),
        ("a,ou=admins", "a\\,ou\\=admins"),
        ('"quoted"', '\\"quoted\\"'),
        ("a+b", "a\\+b"),
        ("a;b<c>d", "a\\;b\\<c\\>d"),
        ("a\\b", "a\\\\b"),
        ("#1", "\\#1"),
        ("1#", "1\\#"),
        (" a ", "\\ a\\ "),
        (" ", "\\ "),
        ("a\0b\n", "a\\00b\\0a"),
    ],
)
def test_a_value_is_escaped_as_rfc_4514_says(value: str, escaped: str) -> None:
    assert escape_dn_value(value) == escaped


@unhurried
@given(texts)
def test_an_escaped_value_is_one_rdn_and_nothing_more(value: str) -> None:
    parts = parse_dn(f"uid={escape_dn_value(value)},dc=x", escape=False, strip=False)

    assert [part[0] for part in parts] == ["uid", "dc"]


@unhurried
@given(texts, texts)
def test_the_canonical_spelling_is_its_own(first: str, second: str) -> None:
    dn = canonical_dn(f"uid={escape_dn_value(first)},ou={escape_dn_value(second)},dc=x")

    assert canonical_dn(dn) == dn


@unhurried
@given(texts, texts)
def test_other_values_stay_other_names(first: str, second: str) -> None:
    same = " ".join(first.split()).lower() == " ".join(second.split()).lower()
    one, other = (canonical_dn(f"uid={escape_dn_value(value)},dc=x") for value in (first, second))

    assert same or one != other


@pytest.mark.parametrize(
    "spelling",
    [
        "uid=Tanaka\\, Taro,ou=People,dc=x",
        "UID=tanaka\\2c taro,OU=people,DC=X",
        "uid = tanaka\\, taro , ou = people , dc = x",
        'uid="tanaka, taro",ou=people,dc=x',
        "uid=tanaka\\,  taro,ou=people;dc=x",
    ],
)
def test_every_spelling_of_a_name_is_the_same(spelling: str) -> None:
    assert canonical_dn(spelling) == "uid=tanaka\\, taro,ou=people,dc=x"


@pytest.mark.parametrize(
    ("dn", "canonical"),
    [
        ("uid=Sato,dc=x", "uid=sato,dc=x"),
        ("uid=\\E7\\94\\B0,dc=x", "uid=田,dc=x"),
        ("cn=b+UID=a,dc=x", "cn=b+uid=a,dc=x"),
        ("UID=a+cn=b,dc=x", "cn=b+uid=a,dc=x"),
        ("uid=a\\ ,dc=x", "uid=a\\ ,dc=x"),
        ("uid=a\\\\,dc=x", "uid=a\\\\,dc=x"),
        ("cn=,dc=x", "cn=,dc=x"),
        ("", ""),
        ("Not a DN", "not a dn"),
        ("uid=a, ", "uid=a,"),
        ("uid=a,+", "uid=a,+"),
    ],
)
def test_canonical_names(dn: str, canonical: str) -> None:
    assert canonical_dn(dn) == canonical
