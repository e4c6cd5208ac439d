"""The row of Linkerd: what the rules of a mesh record."""

from .mesh_panels import mesh_panels
from .panels import Row


def mesh_rows() -> list[Row]:
    """One row, below what the model itself reports."""
    return [Row("Mesh", mesh_panels())]
