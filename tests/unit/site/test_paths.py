"""Where somebody may be sent: only to a path of this site."""

from urllib.parse import urljoin, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from web.site.guarding import own_path

ORIGIN = "https://id.city.example"
TRICKS = st.text(st.sampled_from("/\\:@.?#%&=a0 \t\r\n\x00évil"), max_size=30)


@given(st.one_of(TRICKS, st.text(max_size=40), TRICKS.map(lambda tail: "/" + tail)))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
def test_wherever_one_is_sent_is_on_this_site(wanted: str) -> None:
    there = urlsplit(urljoin(ORIGIN, own_path(wanted)))
    assert f"{there.scheme}://{there.netloc}" == ORIGIN


@given(TRICKS)
def test_what_is_sent_back_holds_nothing_that_ends_a_header(wanted: str) -> None:
    assert not set(own_path(wanted)) & set("\r\n\t\x00\\")


def test_a_path_of_this_site_is_kept() -> None:
    assert own_path("/officer/people?q=佐藤&page=2#list") == "/officer/people?q=佐藤&page=2#list"


def test_without_a_wish_one_comes_to_the_first_page() -> None:
    assert [own_path(each) for each in (None, "", "x", "/" + "a" * 3000)] == ["/"] * 4
