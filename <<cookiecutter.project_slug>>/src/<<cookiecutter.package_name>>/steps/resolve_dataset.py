"""Which bytes this run trains on."""

from typing import Annotated, Any

from zenml import step

from .. import dataset
from ..registry import Registry
from ..schema import load_schema
from ..settings import load_settings


@step(enable_cache=False)
def resolve_dataset(
    revision: str | None = None,
) -> tuple[Annotated[dict[str, Any], "dataset"], Annotated[dict[str, Any], "schema"]]:
    """The dataset revision by its hash, and the schema that belongs to it.

    Never cached, since a branch or the work tree means something else tomorrow; what it returns
    depends on content only, so that later steps are cached for as long as the content stays.
    """
    settings = load_settings()
    Registry(settings).check()
    found = dataset.resolve(settings.root, revision)
    schema = load_schema(found.schema_path)
    return {"revision": found.revision, "hash": found.hash}, schema.model_dump(exclude_none=True)
