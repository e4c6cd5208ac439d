"""Records in Elasticsearch or OpenSearch, over plain HTTP.

The official client refuses every server but Elastic's own. Pages follow each other by
``search_after`` on time and event id, which both engines and all their versions understand.
"""

import base64
import json
import logging
import ssl
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

from ..settings import Observability
from .records import ObservationError, Record, flat

logger = logging.getLogger(__name__)

_SECONDS = 60
# Times to wait between attempts, in seconds.
PAUSES = (1.0, 3.0, 9.0)
_FIELDS = (
    *("@timestamp", "event.id", "event.dataset", "service.version"),
    *("ml.model.version", "ml.prediction", "ml.features", "ml.label"),
)


class ElasticsearchReader:
    """All records of a data stream or index, page by page."""

    def __init__(self, url: str, index: str, access: Observability, page: int = 5000) -> None:
        self._page = page
        # An index that is not there yet holds nothing; only a wrong address is an error.
        options = "ignore_unavailable=true&allow_no_indices=true"
        self._address = f"{url.rstrip('/')}/{quote(index, safe=',*-')}/_search?{options}"
        self._headers = {"Content-Type": "application/json", **_login(access)}
        context = ssl.create_default_context()
        if access.authority is not None:
            context.load_verify_locations(access.authority)
        self._opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
        self.place = f"{url.rstrip('/')}/{index}"
        self.broken = 0

    def records(self, dataset: str, since: datetime, until: datetime) -> Iterator[Record]:
        query: dict[str, Any] = {
            "size": self._page,
            "track_total_hits": False,
            "query": {
                "bool": {
                    "filter": [
                        {"term": {"event.dataset": dataset}},
                        {
                            "range": {
                                "@timestamp": {"gte": since.isoformat(), "lt": until.isoformat()}
                            }
                        },
                    ]
                }
            },
            "sort": [
                {"@timestamp": {"order": "asc", "unmapped_type": "date"}},
                {"event.id": {"order": "asc", "unmapped_type": "keyword"}},
            ],
            "_source": [name for field in _FIELDS for name in (field, f"{field}.*")],
        }
        while True:
            answer = self._ask(query)
            failed = answer["_shards"]["failed"]
            if failed or answer["timed_out"]:
                # What is left out without a word would look like a quiet day.
                raise ObservationError(
                    f"{self.place} answered only in part ({failed} shards failed); look at the "
                    "health of the search engine, then run again"
                )
            hits = answer["hits"]["hits"]
            for hit in hits:
                yield flat(hit["_source"])
            if len(hits) < self._page:
                return
            query["search_after"] = hits[-1]["sort"]

    def _ask(self, query: dict[str, Any]) -> dict[str, Any]:
        content = json.dumps(query).encode()
        for pause in (*PAUSES, None):
            request = urllib.request.Request(self._address, content, self._headers)
            try:
                with self._opener.open(request, timeout=_SECONDS) as response:
                    return json.load(response)
            except HTTPError as error:
                reason = f"HTTP {error.code}: {error.read(500).decode(errors='replace')}"
                if error.code != 429 and error.code < 500:
                    advice = _advice(error.code)
                    raise ObservationError(f"{self.place}: {reason}; {advice}") from None
            except (OSError, HTTPException, ValueError) as error:
                # Nobody there; no HTTP from there; no JSON, as from a proxy in between.
                reason = str(getattr(error, "reason", None) or error)
            if pause is None:
                raise ObservationError(
                    f"no answer from {self.place} after {len(PAUSES) + 1} attempts: {reason}; "
                    "check that the search engine runs, and ELASTICSEARCH_URL"
                )
            logger.warning("%s: %s; again in %g s", self.place, reason, pause)
            time.sleep(pause)
        raise AssertionError  # The last pause is None.


def _advice(code: int) -> str:
    if code in (401, 403):
        return (
            "set ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD, to a "
            "role that may read this index"
        )
    return "check the index in configs/monitoring.yaml"


def _login(access: Observability) -> dict[str, str]:
    if access.api_key:
        return {"Authorization": f"ApiKey {access.api_key}"}
    if access.username:
        pair = f"{access.username}:{access.password or ''}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return {}
