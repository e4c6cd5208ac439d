"""The frame of the page: it fits a phone, and lets nothing in from outside."""

import re

from <<cookiecutter.package_name>>.promotion.status_frame import FRAME

HOLES = {"title", "status", "tone", "lead", "count", "alerts", "places", "tables"}


def test_it_has_a_place_for_everything():
    assert set(FRAME.get_identifiers()) == HOLES


def test_it_fits_a_phone():
    text = FRAME.substitute(dict.fromkeys(HOLES, "4"))

    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    narrow = text.partition("@media (max-width: 900px)")[2].partition("</style>")[0]
    # One environment below the other, and tables that scroll by themselves.
    assert "grid-template-columns: minmax(0, 1fr)" in narrow
    assert ".scroll table { min-width" in narrow


def test_its_style_is_whole_and_names_no_address():
    text = FRAME.template
    style = text.partition("<style>")[2].partition("</style>")[0]

    assert style.count("{") == style.count("}") > 30
    assert not re.search(r"url\(|@import|https?:", text)
