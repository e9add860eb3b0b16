"""さくら市's portal as a service, a browser, and systems that send people there."""

from tests.browser.conftest import (  # noqa: F401 - fixtures of the served city
    browser,
    city,
    context,
    ground,
    open_context,
    page,
    virtual_key,
    watch,
    watches,
)
