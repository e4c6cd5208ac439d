"""Panels of the service mesh: this project has none."""

from .panels import Row


def mesh_rows() -> list[Row]:
    """No rows."""
    return []
