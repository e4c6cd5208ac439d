"""The last runs side by side: a table for the terminal, a page with plots for the browser."""

import base64
import html
import io
from pathlib import Path

import pandas as pd

from .evaluation import HIGHER_IS_BETTER
from .registry import ModelVersion

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c2430}
body{margin:2rem auto;max-width:85rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:14px}
th,td{padding:.4rem .6rem;text-align:right;border-bottom:1px solid #dde3ea}
th:first-child,td:first-child{text-align:left}
div{overflow-x:auto}
td:nth-child(2){white-space:nowrap}
td.best{font-weight:600;color:#0b6b3a}
tr.champion{background:#eef6ff}
tr.failed td{color:#8a2330}
img{max-width:100%;margin-top:1.5rem}
"""


class ComparisonError(ValueError):
    """There is nothing to compare yet."""


def comparison(runs: pd.DataFrame, champion: ModelVersion | None) -> pd.DataFrame:
    """One row a run, oldest first: when, model, gate, data, commit, then every metric.

    ``runs`` is what ``Registry.runs`` returns; interval ends are left out.
    """
    if runs.empty:
        raise ComparisonError("there are no runs to compare yet; `make train` makes one")
    runs = runs.sort_values("start_time").reset_index(drop=True)

    def column(name: str) -> pd.Series:
        return runs[name].fillna("") if name in runs else pd.Series([""] * len(runs))

    champion_run = champion.run_id if champion else ""
    table = pd.DataFrame(
        {
            "run": runs["run_id"].str[:8],
            "started": runs["start_time"].dt.strftime("%Y-%m-%d %H:%M"),
            "model": column("params.model"),
            "gate": column("tags.gate"),
            "champion": [champion.version if run == champion_run else "" for run in runs["run_id"]]
            if champion
            else "",
            "data": column("tags.data_hash").str[:8],
            "commit": column("tags.commit").str[:8],
        }
    )
    for metric in HIGHER_IS_BETTER:
        if f"metrics.{metric}" in runs:
            table[metric] = runs[f"metrics.{metric}"]
    return table


def write_comparison(runs: pd.DataFrame, champion: ModelVersion | None, path: Path) -> str:
    """Write the page to ``path`` and return the table as text.

    Raises ``ComparisonError`` if there are no runs.
    """
    table = comparison(runs, champion)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(table, runs.sort_values("start_time")), encoding="utf-8")
    return table.to_string(index=False, float_format=lambda value: f"{value:.4f}")


def _page(table: pd.DataFrame, runs: pd.DataFrame) -> str:
    metrics = [name for name in table.columns if name in HIGHER_IS_BETTER]
    best = {
        name: table[name].max() if HIGHER_IS_BETTER[name] else table[name].min() for name in metrics
    }
    # With spaces instead of underscores, so that the browser may break a line.
    head = "".join(f"<th>{html.escape(name.replace('_', ' '))}</th>" for name in table.columns)
    rows = []
    for _, entry in table.iterrows():
        kind = "champion" if entry["champion"] else str(entry["gate"])
        cells = "".join(
            f'<td class="{"best" if name in metrics and value == best[name] else ""}">'
            f"{f'{value:.4f}' if name in metrics else html.escape(str(value))}</td>"
            for name, value in entry.items()
        )
        rows.append(f'<tr class="{html.escape(kind)}">{cells}</tr>')
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Runs</title>'
        f"<style>{_STYLE}</style></head><body><h1>Runs compared: {len(table)}</h1>"
        "<p>Oldest first; the best value of each metric is green, the champion's row is blue, runs "
        "that failed the gate are red. Bars in the plots are 95 % intervals.</p>"
        f"<div><table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        f"{_plots(table, runs, metrics) if metrics else ''}</body></html>"
    )


def _plots(table: pd.DataFrame, runs: pd.DataFrame, metrics: list[str]) -> str:
    """One small plot a metric with its interval, as an image that the page holds itself."""
    from matplotlib.figure import Figure

    columns = 3
    lines = -(-len(metrics) // columns)
    figure = Figure(figsize=(12, 2.6 * lines), layout="constrained")
    places = range(len(table))
    for position, metric in enumerate(metrics):
        axes = figure.add_subplot(lines, columns, position + 1)
        values = table[metric].to_numpy(float)
        ends = [f"metrics.{metric}_{end}" for end in ("low", "high")]
        if all(end in runs for end in ends):
            low, high = (runs[end].to_numpy(float) for end in ends)
            spread = [(values - low).clip(min=0), (high - values).clip(min=0)]
            axes.errorbar(places, values, yerr=spread, fmt="o", capsize=3, color="#2463a6")
        else:
            axes.plot(places, values, "o", color="#2463a6")
        better = "higher" if HIGHER_IS_BETTER[metric] else "lower"
        axes.set_title(f"{metric} ({better} is better)", fontsize=10)
        axes.set_xticks(list(places), table["run"], rotation=45, fontsize=7)
        axes.grid(axis="y", alpha=0.3)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110)
    image = base64.b64encode(stream.getvalue()).decode()
    return f'<img alt="Metrics by run" src="data:image/png;base64,{image}">'
