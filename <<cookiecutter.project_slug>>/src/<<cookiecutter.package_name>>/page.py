"""One self-contained HTML page: what was decided and on what figures, then somebody's charts.

The charts come as a whole page of their own with megabytes of script. It is kept compressed and
opened in a sandboxed frame, so that neither style nor script can touch the part above it. The
content security policy holds for the frame as well: the page cannot load anything from a network.
"""

import base64
import gzip
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from string import Template
from typing import Literal

Tone = Literal["good", "bad", "unsure"]


@dataclass(frozen=True)
class Cell:
    """A table cell; ``bar`` from 0 to 1 draws a bar behind the text, ``tone`` colours it."""

    text: str
    bar: float | None = None
    tone: Tone | None = None


@dataclass(frozen=True)
class Fact:
    """One figure in large type, with its limit or meaning below it in small type."""

    name: str
    value: str
    hint: str = ""


@dataclass
class Page:
    """Content of a report, as plain text; everything is escaped when it is written."""

    title: str
    status: str
    tone: Tone
    lead: str
    facts: list[Fact] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_table(
        self, caption: str, head: Sequence[str], rows: Iterable[Sequence[Cell | str]]
    ) -> None:
        titles = "".join(f"<th>{escape(title)}</th>" for title in head)
        body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        self.tables.append(
            f"<h2>{escape(caption)}</h2><div class='scroll'><table><thead><tr>{titles}</tr></thead>"
            f"<tbody>{body}</tbody></table></div>"
        )

    def add_image(self, caption: str, image: str, alternative: str) -> None:
        """Put an image between the tables: a data address, and what it shows in words."""
        self.tables.append(
            f"<h2>{escape(caption)}</h2><img src='{escape(image)}' alt='{escape(alternative)}'>"
        )

    def write(self, path: Path, charts: str | None) -> None:
        """Write the page, with ``charts`` (a whole HTML page) below it if there are any."""
        facts = "".join(
            f"<div><dt>{escape(fact.name)}</dt><dd>{escape(fact.value)}</dd>"
            f"<dd class='hint'>{escape(fact.hint)}</dd></div>"
            for fact in self.facts
        )
        html = _PAGE.substitute(
            title=escape(self.title),
            status=escape(self.status),
            tone=self.tone,
            lead=escape(self.lead),
            facts=facts,
            tables="".join(self.tables),
            notes="".join(f"<p>{escape(note)}</p>" for note in self.notes),
            charts="" if charts is None else _CHARTS.substitute(packed=_pack(charts)),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")


def _cell(cell: Cell | str) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    tone = f" class='{cell.tone}'" if cell.tone else ""
    if cell.bar is None:
        return f"<td{tone}>{escape(cell.text)}</td>"
    width = 100 * min(max(cell.bar, 0.0), 1.0)
    bar = f"<span class='bar'><i style='width:{width:.1f}%'></i></span>"
    return f"<td{tone}><span class='figure'>{escape(cell.text)}</span>{bar}</td>"


def _pack(charts: str) -> str:
    # Without a time in it, equal charts give equal pages.
    return base64.b64encode(gzip.compress((charts + _HEIGHT).encode(), mtime=0)).decode()


_HEIGHT = """<script>
new ResizeObserver(() => parent.postMessage({chartsHeight: document.body.scrollHeight}, "*"))
  .observe(document.body);
</script>"""

_CHARTS = Template("""
<h2>Charts of the sample, drawn by Evidently</h2>
<p id="old" hidden>The charts need a browser from 2023 or later.</p>
<iframe id="charts" title="Charts" sandbox="allow-scripts allow-downloads"></iframe>
<script id="packed" type="text/plain">$packed</script>
<script>
const frame = document.getElementById("charts");
addEventListener("message", event => {
  if (event.source === frame.contentWindow && event.data.chartsHeight)
    frame.style.height = event.data.chartsHeight + 40 + "px";
});
if (typeof DecompressionStream === "undefined") {
  document.getElementById("old").hidden = false;
} else {
  const text = atob(document.getElementById("packed").textContent);
  const bytes = Uint8Array.from(text, character => character.charCodeAt(0));
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  new Response(unpacked).text().then(page => { frame.srcdoc = page; });
}
</script>""")

_PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline';
 style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>$title: $status</title>
<style>
body { margin: 0; background: #f6f7f9; color: #1c2430; font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1200px; margin: 0 auto; padding: 28px 24px 48px; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: 14px; }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 17px; margin: 32px 0 10px; }
.badge { border-radius: 999px; padding: 3px 14px; color: #fff; font-weight: 600; }
.badge.good { background: #1a7f4b; }
.badge.bad { background: #c0362c; }
.badge.unsure { background: #9a6700; }
.lead { font-size: 16px; margin: 10px 0 18px; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 10px;
  margin: 0; }
dl div { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 9px 14px; }
dt { color: #5b6675; font-size: 13px; }
dd { margin: 0; font-size: 17px; font-weight: 600; font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere; }
dd.hint { color: #5b6675; font-size: 13px; font-weight: 400; }
.scroll { overflow-x: auto; background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px; border-top: 1px solid #edf0f3; }
th { color: #5b6675; font-size: 13px; font-weight: 600; border-top: 0; white-space: nowrap; }
td.bad { color: #b02a20; font-weight: 600; }
td.good { color: #1a7f4b; }
td.unsure { color: #8a5c00; font-weight: 600; }
.figure { display: inline-block; min-width: 62px; }
.bar { display: inline-block; width: 120px; height: 8px; border-radius: 4px; background: #e9edf1;
  vertical-align: middle; overflow: hidden; }
.bar i { display: block; height: 100%; background: #6b8fb5; }
td.bad .bar i { background: #c0362c; }
.notes { margin-top: 22px; color: #414c5a; max-width: 86ch; }
.notes p { margin: 6px 0; }
img { display: block; box-sizing: border-box; width: 100%; padding: 12px; background: #fff;
  border: 1px solid #dfe3e8; border-radius: 8px; }
iframe { width: 100%; height: 900px; border: 1px solid #dfe3e8; border-radius: 8px;
  background: #fff; }
</style>
</head>
<body>
<main>
<header><h1>$title</h1><span class="badge $tone">$status</span></header>
<p class="lead">$lead</p>
<dl>$facts</dl>
$tables
<div class="notes">$notes</div>
$charts
</main>
</body>
</html>
""")
