"""What the tests of our pages share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from samples.served_page import chromium


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started
