"""Which features events carry: those that the environment allows, none that is personal."""

from collections.abc import Sequence

from ..schema import Schema
from .settings import SettingsError

# As SERVING_EVENT_FEATURES: all features of the schema that are not personal.
EVERYTHING = ("*",)


def allowed_features(
    schema: Schema, names: Sequence[str]
) -> list[tuple[int, str, Sequence[str] | None]]:
    """Position, name and, of a category, values of each feature that events carry.

    Raises ``SettingsError`` for a name that the schema does not have or calls personal.
    """
    if tuple(names) == EVERYTHING:
        names = schema.loggable
    unknown = [name for name in names if name not in schema.feature_names]
    if unknown:
        raise SettingsError(
            f"SERVING_EVENT_FEATURES names {', '.join(unknown)}, which the schema does not have"
        )
    personal = [name for name in names if name not in schema.loggable]
    if personal:
        raise SettingsError(
            f"SERVING_EVENT_FEATURES names {', '.join(personal)}, which the schema calls personal: "
            "such a feature is never logged; take it out of the list"
        )
    return [
        (position, column.name, column.values)
        for position, column in enumerate(schema.features)
        if column.name in names
    ]
