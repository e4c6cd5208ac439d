"""Good requests to change in one place."""

from typing import Any

ROW = {"income": 500.0, "visits": 3, "member": True, "region": "süd", "plan": "a"}
DATATYPES = {
    "income": "FP64",
    "visits": "INT64",
    "member": "BOOL",
    "region": "BYTES",
    "plan": "BYTES",
}


def columns(rows: int = 1, **changes: Any) -> list[dict[str, Any]]:
    """Inputs of ``rows`` equal rows for the ``mixed`` model, one tensor a column."""
    return [
        {"name": name, "shape": [rows, 1], "datatype": DATATYPES[name], "data": [value] * rows}
        for name, value in {**ROW, **changes}.items()
    ]


def changed(name: str, /, **changes: Any) -> list[dict[str, Any]]:
    """One good row with other properties of one tensor; ``None`` takes the property away."""
    inputs = columns()
    for tensor in inputs:
        if tensor["name"] == name:
            tensor.update(changes)
            for key in [key for key, value in tensor.items() if value is None]:
                del tensor[key]
    return inputs


def matrix(rows: int = 1, **changes: Any) -> list[dict[str, Any]]:
    """Inputs of ``rows`` equal rows for the ``numeric`` model as one matrix."""
    tensor = {"name": "m", "shape": [rows, 4], "datatype": "FP64", "data": [1.5, 2, 4, 1] * rows}
    return [{**tensor, **changes}]
