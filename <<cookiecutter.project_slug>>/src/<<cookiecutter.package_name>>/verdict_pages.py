"""What the pages of the two data checks say above the charts: verdict, figures, limits."""

from .drift import ColumnDrift, DriftVerdict
from .page import Cell, Fact, Page, Tone
from .quality import Finding, QualityVerdict
from .schema import Schema

_TONES: dict[str, Tone] = {"drift": "bad", "no drift": "good", "not enough data": "unsure"}


def quality_page(verdict: QualityVerdict) -> Page:
    """Findings and missing shares of all rows."""
    errors, limits = len(verdict.errors), verdict.settings
    most_missing = max(verdict.null_shares.values(), default=0)
    page = Page(
        title="Data quality",
        status="passed" if verdict.passed else "failed",
        tone="good" if verdict.passed else "bad",
        lead=f"{_count(errors, 'error')} and {_count(len(verdict.findings) - errors, 'warning')} "
        f"in {_count(verdict.rows, 'row')}.",
        facts=[
            Fact("Rows", f"{verdict.rows:,}", f"min_rows {limits.min_rows:,}"),
            Fact(
                "Repeated rows",
                f"{verdict.duplicate_share:.2%}",
                f"max_duplicate_share {limits.max_duplicate_share:.2%}",
            ),
            Fact(
                "Most missing in a column",
                f"{most_missing:.2%}",
                f"max_null_share {limits.max_null_share:.2%}",
            ),
        ],
    )
    if verdict.findings:
        head = ["Level", "Check", "Column", "What is wrong"]
        page.add_table("Findings", head, [_finding_row(item) for item in verdict.findings])
    gaps = [(share, name) for name, share in verdict.null_shares.items() if share]
    if gaps:
        rows = [[name, Cell(f"{share:.2%}", share)] for share, name in sorted(gaps, reverse=True)]
        page.add_table("Missing values", ["Column", "Share of all rows"], rows)
    return page


def drift_page(verdict: DriftVerdict, schema: Schema) -> Page:
    """Scores of all rows, highest first, with the target last."""
    settings = verdict.settings
    share = "unknown" if verdict.share is None else f"{verdict.share:.1%}"
    page = Page(
        title="Data drift",
        status=verdict.status,
        tone=_TONES[verdict.status],
        lead=verdict.reason[0].upper() + verdict.reason[1:] + ".",
        facts=[
            Fact("Rows of data", f"{verdict.rows:,}", f"min_rows {settings.min_rows:,}"),
            Fact("Rows of reference", f"{verdict.reference_rows:,}"),
            Fact("Method", words(settings.method)),
            Fact("Threshold of a column", f"{settings.threshold:g}"),
            Fact("Drifted features", share, f"share_threshold {settings.share_threshold:.1%}"),
        ],
    )
    rows = [_drift_row(name, column) for name, column in verdict.columns.items()]
    if verdict.target:
        rows.append(_drift_row(f"{schema.target.name} (target)", verdict.target))
    if rows:
        head = ["Column", "Score", "Threshold", "Verdict", "Method", "Measured", "By chance"]
        page.add_table("Decided on all rows", head, rows)
        page.notes.append(
            "Score: what was measured less what two samples of this size show by chance, at least "
            "0. The target is measured too but has no part in the share of drifted features."
        )
    return page


def words(name: str) -> str:
    """A setting's value as a person would write it."""
    return name.replace("_", " ")


def _finding_row(finding: Finding) -> list[Cell | str]:
    tone: Tone = "bad" if finding.level == "error" else "unsure"
    column = finding.column or "all"
    return [Cell(finding.level, tone=tone), finding.check, column, finding.message]


def _drift_row(name: str, column: ColumnDrift) -> list[Cell | str]:
    tone: Tone | None = "bad" if column.drifted else None
    return [
        name,
        # The bar is full at twice the threshold: the middle is where drift begins.
        Cell(f"{column.score:.3f}", column.score / column.threshold / 2, tone),
        f"{column.threshold:g}",
        Cell("drift" if column.drifted else "no drift", tone=tone or "good"),
        words(column.method),
        f"{column.measured:.3f}",
        f"{column.noise:.3f}",
    ]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
