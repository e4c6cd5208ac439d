"""The last runs as a table and as a page, from what MLflow's search returns."""

import base64
from html.parser import HTMLParser

import pandas as pd
import pytest

from <<cookiecutter.package_name>>.comparison import (
    ComparisonError,
    comparison,
    write_comparison,
)
from <<cookiecutter.package_name>>.registry import ModelVersion

CHAMPION = ModelVersion("wines", "v2", "bbbbbbbbbbbb", "/store/wines/0123", "sha256:0123")
VOID = {"meta", "img", "br", "link"}


def runs() -> pd.DataFrame:
    """Newest first, as MLflow gives them; the oldest failed the gate."""
    started = pd.to_datetime(["2026-11-23 10:00", "2026-11-22 09:30", "2026-11-21 08:00"], utc=True)
    return pd.DataFrame(
        {
            "run_id": ["cccccccccccc", "bbbbbbbbbbbb", "aaaaaaaaaaaa"],
            "start_time": started,
            "params.model": ["<b>forest</b>", "linear", "linear"],
            "tags.gate": ["passed", "passed", "failed"],
            "tags.data_hash": ["d41d8cd98f00", "d41d8cd98f00", "900150983cd2"],
            "tags.commit": ["1234567890ab", "1234567890ab", None],
            "metrics.roc_auc": [0.97, 0.98, 0.9],
            "metrics.roc_auc_low": [0.95, 0.96, 0.85],
            "metrics.roc_auc_high": [0.99, 0.99, 0.93],
            "metrics.log_loss": [0.125, 0.25, 0.5],
        }
    )


class Reader(HTMLParser):
    """Collects the table and the images; an unbalanced tag is an error."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.head: list[str] = []
        self.rows: list[tuple[str, list[tuple[str, str]]]] = []
        self.images: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "tr" and "tbody" in self.open:
            self.rows.append((found["class"], []))
        if tag == "td":
            self.rows[-1][1].append((found["class"], ""))
        if tag == "img":
            self.images.append(found["src"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, text: str) -> None:
        if self.open[-1:] == ["th"]:
            self.head.append(text)
        elif self.open[-1:] == ["td"]:
            kind, before = self.rows[-1][1][-1]
            self.rows[-1][1][-1] = (kind, before + text)


def written(frame: pd.DataFrame, champion: ModelVersion | None, path) -> Reader:
    write_comparison(frame, champion, path)
    return Reader(path.read_text(encoding="utf-8"))


def test_one_row_a_run_oldest_first():
    table = comparison(runs(), CHAMPION)

    assert table.to_dict("records") == [
        {
            "run": run,
            "started": started,
            "model": model,
            "gate": gate,
            "champion": champion,
            "data": data,
            "commit": commit,
            "roc_auc": roc_auc,
            "log_loss": log_loss,
        }
        for run, started, model, gate, champion, data, commit, roc_auc, log_loss in [
            ("aaaaaaaa", "2026-11-21 08:00", "linear", "failed", "", "90015098", "", 0.9, 0.5),
            (
                *("bbbbbbbb", "2026-11-22 09:30", "linear", "passed", "v2"),
                *("d41d8cd9", "12345678", 0.98, 0.25),
            ),
            (
                *("cccccccc", "2026-11-23 10:00", "<b>forest</b>", "passed", ""),
                *("d41d8cd9", "12345678", 0.97, 0.125),
            ),
        ]
    ]


def test_the_page_marks_the_champion_the_failed_and_the_best(tmp_path):
    page = written(runs(), CHAMPION, tmp_path / "new" / "compare.html")

    assert page.head[:2] == ["run", "started"]
    assert page.head[-2:] == ["roc auc", "log loss"]
    assert [kind for kind, _ in page.rows] == ["failed", "champion", "passed"]
    best = [[text for kind, text in cells if kind == "best"] for _, cells in page.rows]
    assert best == [[], ["0.9800"], ["0.1250"]]
    # What a run says of itself is text and no markup.
    assert page.rows[2][1][2] == ("", "<b>forest</b>")


def test_the_page_holds_its_plots_itself(tmp_path):
    page = written(runs(), CHAMPION, tmp_path / "compare.html")

    kind, _, content = page.images[0].partition(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(content).startswith(b"\x89PNG\r\n")
    assert "http" not in (tmp_path / "compare.html").read_text()


def test_the_text_is_the_table(tmp_path):
    text = write_comparison(runs(), CHAMPION, tmp_path / "compare.html")

    head, *lines = text.splitlines()
    assert len(lines) == 3
    assert head.split()[:3] == ["run", "started", "model"]
    cells = "bbbbbbbb 2026-11-22 09:30 linear passed v2 d41d8cd9 12345678 0.9800 0.2500"
    assert " ".join(lines[1].split()) == cells


def test_runs_without_intervals_tags_or_metrics_are_shown_as_they_are(tmp_path):
    few = runs()[["run_id", "start_time", "metrics.log_loss"]]
    few.loc[0, "metrics.log_loss"] = None

    page = written(few, None, tmp_path / "compare.html")
    assert len(page.images) == 1
    assert [cells[-1] for _, cells in page.rows] == [
        ("", "0.5000"),
        ("best", "0.2500"),
        ("", "nan"),
    ]
    assert [text for _, text in page.rows[0][1][2:-1]] == [""] * 5

    page = written(few[["run_id", "start_time"]], None, tmp_path / "compare.html")
    assert page.images == []
    assert len(page.rows) == 3


def test_a_champion_that_is_not_among_the_last_runs_marks_none(tmp_path):
    page = written(runs().head(1), CHAMPION, tmp_path / "compare.html")

    assert [kind for kind, _ in page.rows] == ["passed"]


def test_without_runs_there_is_nothing_to_compare(tmp_path):
    with pytest.raises(ComparisonError, match="no runs to compare yet; `make train` makes one"):
        write_comparison(runs().head(0), None, tmp_path / "compare.html")

    assert list(tmp_path.iterdir()) == []
