"""Hook for schemathesis: makes generated requests fit in the one way that JSON Schema cannot say.

That a shape must agree with its data, and that all columns have as many rows, is written in the
document in words only. Requests that are meant to be wrong are left as they are.
"""

from typing import Any

import schemathesis
from schemathesis import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if case.meta.generation.mode == GenerationMode.POSITIVE and isinstance(case.body, dict):
        fit(case.body["inputs"])


def fit(inputs: list[dict[str, Any]]) -> None:
    """Shorten data to equal lengths and write the shapes that follow."""
    first = inputs[0]
    if len(inputs) == 1 and first["shape"][1:] not in ([], [1]):
        fit_matrix(first)
        return
    rows = min(len(tensor["data"]) for tensor in inputs)
    for tensor in inputs:
        tensor["data"] = tensor["data"][:rows]
        tensor["shape"] = [rows, *tensor["shape"][1:]]


def fit_matrix(tensor: dict[str, Any]) -> None:
    width = int(tensor["shape"][1])
    nested = isinstance(tensor["data"][0], list)
    if not nested:
        # Of a flat matrix only the first row's ranges are in the document.
        tensor["data"] = tensor["data"][:width]
    tensor["shape"] = [len(tensor["data"]) if nested else 1, width]
