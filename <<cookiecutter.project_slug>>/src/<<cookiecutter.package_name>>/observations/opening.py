"""From the settings to readers of the places that they name."""

from datetime import datetime
from pathlib import Path

import numpy as np

from ..schema import Schema
from ..settings import Observability
from .elasticsearch import ElasticsearchReader
from .files import FileReader
from .labels import Labels, check_labels, read_label_files, read_label_records
from .logged_settings import Elasticsearch, Files, LoggedSettings
from .records import ObservationError, Reader, milliseconds


def open_reader(place: Files | Elasticsearch, root: Path, access: Observability) -> Reader:
    """A reader of the place. Raises ``ObservationError`` if no address is known."""
    if isinstance(place, Files):
        return FileReader(root, place.path)
    url = place.url or access.elasticsearch
    if url is None:
        raise ObservationError(
            "predictions or labels are in a search engine whose address is not known: set url in "
            "the configuration, or ELASTICSEARCH_URL"
        )
    index = place.index.replace("{environment}", access.environment)
    return ElasticsearchReader(url, index, access, place.page)


def read_labels(
    settings: LoggedSettings,
    schema: Schema,
    root: Path,
    access: Observability,
    since: datetime,
    until: datetime,
) -> Labels:
    """All labels that the settings name, from files or from a search engine.

    From files, those of before ``since`` are left out: what they belong to is not read any more.
    """
    place = settings.labels
    if place is None:
        return check_labels([], schema)
    if isinstance(place, Elasticsearch):
        return read_label_records(open_reader(place, root, access), schema, since, until)
    found = read_label_files(root, place.path, schema)
    present = found.times >= milliseconds(since)
    if bool(np.all(present)):
        return found
    columns = (found.keys, found.truth, found.times, found.ids)
    return Labels(*(values[present] for values in columns), found.invalid)
