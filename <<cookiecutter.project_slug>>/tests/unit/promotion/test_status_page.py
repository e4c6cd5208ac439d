"""The page: well-formed, on its own, complete, and safe against what others wrote."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest
from overviews import BAD, NEW, NEWEST, NOW, OLD, canary, everything, overview, place, pull

from <<cookiecutter.package_name>>.promotion.findings import Health
from <<cookiecutter.package_name>>.promotion.overlay_settings import Difference
from <<cookiecutter.package_name>>.promotion.rollout_state import Rollout
from <<cookiecutter.package_name>>.promotion.status_page import page, write_page

VOID = {"meta", "br", "!doctype"}


class Reader(HTMLParser):
    """Elements, attributes and text of a page; complains about what is not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += f"{data}\n"

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def test_all_of_it_is_there():
    found = Reader(page(everything()))

    for part in (
        "risk: what runs where",
        "1 failed",
        "test: the deployment failed: AnalysisRun failed: p95 0.9",
        "staging: release.yaml is broken",
        "no release yet",
        "healthy, 42 min ago",
        "since 2026-11-20 09:30 UTC, 4 d ago",
        "make promote TO=test",
        f"a canary of {NEW.id}, 25 % (step 2 of 3), begun 20 h ago",
        "#7 Canary to 100 %",
        "window closed now (tue 09:30)",
        "Set differently, on purpose",
        "What happened",
        f"Canary of {NEW.id}",
        BAD.reason,
    ):
        assert part in found.text, part
    assert [card["class"] for card in found.named("section")] == [
        "env good",
        "env bad",
        "env none",
        "env good",
    ]


def test_within_a_second_what_is_further_up_came_later():
    places = [place("dev", None), place("test", "dev"), place("prod", "test")]
    text = page(overview(*places)).partition("What happened")[2]
    told = [text.index(f"Promote {OLD.id} to {name}") for name in ("prod", "test", "dev")]
    assert told == sorted(told)


def test_it_loads_and_runs_nothing():
    found = Reader(page(everything()))

    (policy,) = [tag for tag in found.named("meta") if "http-equiv" in tag]
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"
    assert {tag for tag, _ in found.tags} & {"script", "link", "img", "iframe", "form"} == set()
    assert not any(name in {"src", "onclick", "srcset"} for _, a in found.tags for name in a)
    assert [link["href"] for link in found.named("a")] == ["https://forge.example.com/7"] * 2


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/srv/remote.git#1", "data:text/html,x"])
def test_only_web_addresses_are_linked(url):
    found = Reader(page(overview(place("prod", "staging", waiting=(pull(1, "title", url),)))))

    assert found.named("a") == []
    assert "#1 title" in found.text


EVIL = "</style></script><script>alert('\"')</script> & <b onclick=x>"


def test_texts_of_others_are_only_text():
    evil = place(
        EVIL,
        EVIL,
        release=EVIL,
        trouble=EVIL,
        waiting=(replace(pull(1, EVIL, f"https://x/'{EVIL}"), author=EVIL),),
        offered=EVIL,
        window=(True, EVIL),
        differs=(Difference(EVIL, EVIL, EVIL, EVIL),),
        health=Health(EVIL, "failure", EVIL, EVIL, NOW),
        blocked=replace(BAD, reason=EVIL),
        rollout=replace(canary(), release=EVIL),
    )
    whole = overview(evil, blocked=(replace(BAD, release=EVIL, by=EVIL),), trouble=EVIL)

    found = Reader(page(replace(whole, model=EVIL, branch=EVIL, remote=EVIL)))

    assert {tag for tag, _ in found.tags} & {"script", "b"} == {"b"}
    assert all(attributes == {} for attributes in found.named("b"))
    assert EVIL in found.text.replace("\n", "")


@pytest.mark.parametrize(
    ("states", "tone", "said"),
    [
        (["success", "success"], "good", "all healthy"),
        (["success", "unknown"], "unsure", "1 of 2 healthy"),
        (["pending", "failure"], "bad", "1 failed"),
        ([], "unsure", "nothing released yet"),
    ],
)
def test_the_badge_sums_up(states, tone, said):
    names = ("dev", "test")
    places = [place(n, None, health=Health(n, s, "")) for n, s in zip(names, states, strict=False)]
    empty = [place("prod", None, release=None, history=())]

    text = page(overview(*places, *empty))

    assert f'<span class="badge {tone}">{said}</span>' in text


def test_broken_files_are_no_good_state():
    assert 'badge bad">needs attention' in page(overview(place("dev", None, trouble="broken")))


def shares(text):
    styles = [tag["style"] for tag in Reader(text).named("span") if "width" in tag.get("style", "")]
    return [style.rpartition("width:")[2] for style in styles]


def test_traffic_is_drawn_as_it_is_split():
    split = place("prod", "staging", rollout=canary())
    whole = replace(canary(), step=3)
    shadow = Rollout("shadow", NEW.id, "staging", NOW, share=40)

    assert shares(page(overview(split))) == ["75%", "25%"]
    assert shares(page(overview(replace(split, rollout=whole)))) == ["100%"]
    # What is mirrored takes nothing away.
    assert shares(page(overview(replace(split, rollout=shadow)))) == ["100%", "40%"]


def hues(text):
    tags = [attributes.get("style", "") for _, attributes in Reader(text).tags]
    return [style.partition(";")[0] for style in tags if style.startswith("--hue")]


def test_equal_releases_have_equal_colours_and_neighbours_do_not():
    same = hues(page(overview(place("dev", None), place("test", "dev"))))
    other = hues(page(overview(place("dev", None, release=NEW.id, history=()))))
    third = hues(page(overview(place("dev", None, release=NEWEST.id, history=()))))

    assert len(set(same)) == 1
    assert len({same[0], other[0], third[0]}) == 3


def test_settings_show_every_environment_and_mark_what_differs():
    places = (
        place("dev", None),
        place("test", "dev"),
        place("staging", "test", differs=(Difference("a.yaml", "replicas", "1", "2"),)),
        place("prod", "staging", differs=(Difference("a.yaml", "zone", None, "UTC"),)),
    )
    text = page(overview(*places))

    table = text.partition("Set differently")[2]
    rows = [part.partition("</tr>")[0] for part in table.split("<tr>")]
    (replicas,) = [row for row in rows if "replicas" in row]
    (zone,) = [row for row in rows if "zone" in row]
    assert replicas.endswith(
        "<td class='same'>1</td><td class='same'>1</td><td class='changed'>2</td>"
        "<td class='same'>2</td>"
    )
    assert zone.endswith(
        "<td class='same'>–</td><td class='same'>–</td><td class='same'>–</td>"
        "<td class='changed'>UTC</td>"
    )


def test_what_has_no_rows_is_left_out():
    text = page(overview(place("dev", None, release=None, history=())))

    assert "<table" not in text
    assert "alert'" not in text


def test_it_is_written_where_it_is_asked_for(tmp_path):
    path = tmp_path / "new" / "status.html"

    write_page(everything(), path)

    assert path.read_text(encoding="utf-8") == page(everything())
    assert f"<b>{OLD.id.partition('-')[0]}</b>" in page(everything())
