"""The rendered pages in docs/ say what firmware/maps says."""

import pytest
from mallee.deploy.pages import pages

from ..conftest import ROOT


@pytest.mark.parametrize(("name", "content"), pages().items(), ids=list(pages()))
def test_page_is_up_to_date(name, content):
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == content, "run: make docs"
