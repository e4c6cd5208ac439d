"""The one image of an A/B test's page."""

import base64
import io

from .abtest import Result
from .hypothesis import VARIANTS

_BLUE, _GREY, _RED = "#2463a6", "#9aa5b1", "#c0362c"


def plot(result: Result) -> str:
    """A PNG image as a data address."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.5, 2.4), layout="constrained")
    if result.comparison is None:
        axes = figure.add_subplot()
        for place, sample in enumerate(result.samples.values()):
            axes.barh(place, sample.needed, color="#e9edf1")
            axes.barh(place, sample.counted, color=_BLUE)
            text = f"{sample.counted:,} of {sample.needed:,}"
            place_of_text = {"textcoords": "offset points", "va": "center"}
            axes.annotate(
                text, (max(sample.needed, sample.counted), place), (6, 0), **place_of_text
            )
        axes.set_yticks(range(len(VARIANTS)), VARIANTS)
        axes.invert_yaxis()
        axes.margins(x=0.15)
        axes.set_title("Units with an outcome", fontsize=10, loc="left")
    else:
        axes, gap = figure.subplots(1, 2, width_ratios=(1, 1.4))
        found, hypothesis = result.comparison, result.hypothesis
        means = [result.samples[variant].mean for variant in VARIANTS]
        axes.barh(range(len(VARIANTS)), means, color=(_GREY, _BLUE), height=0.6)
        axes.set_yticks(range(len(VARIANTS)), VARIANTS)
        axes.invert_yaxis()
        axes.set_title(f"{hypothesis.outcome} by variant", fontsize=10, loc="left")
        worth = hypothesis.minimum_effect
        gap.axvspan(-worth, worth, color="#edf0f3", label="below the minimum effect")
        gap.axvline(0, color=_RED, linewidth=1)
        spread = [[found.difference - found.low], [found.high - found.difference]]
        gap.errorbar([found.difference], [0], xerr=spread, fmt="o", capsize=5, color=_BLUE)
        gap.set_yticks([])
        gap.set_ylim(-1, 1)
        gap.set_title("challenger less default, with its interval", fontsize=10, loc="left")
        gap.legend(fontsize=8, loc="upper right", frameon=False)
    for axis in figure.axes:
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(axis="y", length=0)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}"


def alternative(result: Result) -> str:
    """What the image shows, for those who cannot see it."""
    if result.comparison is None:
        return "Counted and needed units of each variant"
    return "Outcome of each variant, and the difference with its interval"
