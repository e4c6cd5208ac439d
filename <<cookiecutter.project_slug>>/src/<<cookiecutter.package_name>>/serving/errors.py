"""One error for everything that a caller can get wrong, and the one body that says so."""

from collections.abc import Sequence
from typing import Any

from ..validation import Violation

# What a broken rule of the schema is called towards the caller.
_CODES = {
    "missing": "missing_column",
    "unexpected": "unexpected_column",
    "type": "wrong_type",
    "null": "missing_value",
    "range": "out_of_range",
    "category": "unknown_category",
    "infinite": "not_finite",
}
# Every reason for refusing a prediction; known beforehand, so that a counter of each exists.
REASONS = (
    *_CODES.values(),
    "duplicate_column",
    "invalid_encoding",
    "invalid_json",
    "invalid_request",
    "invalid_shape",
    "no_rows",
    "not_ready",
    "payload_too_large",
    "too_many_rows",
    "unknown_model",
    "unknown_output",
    "unknown_version",
    "unsupported_media_type",
    "wrong_datatype",
)
_MOST_COLUMNS = 10


class RequestError(Exception):
    """A request that is answered with ``status`` and one error body.

    ``code`` is for programs, the message for people, ``field`` names the column or the place in
    the body, ``None`` if it is the whole request.
    """

    def __init__(self, code: str, message: str, field: str | None = None, status: int = 400):
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.status = status
        self.violations: Sequence[Violation] = ()


def schema_error(violations: Sequence[Violation]) -> RequestError:
    """All broken rules in one error; code and field are those of the first."""
    shown = [f"{item.column}: {item.message}" for item in violations[:_MOST_COLUMNS]]
    more = len(violations) - len(shown)
    message = "; ".join(shown) + (f"; and {more} more" if more else "")
    error = RequestError(_CODES[violations[0].rule], message, violations[0].column)
    error.violations = violations
    return error


def internal_error() -> RequestError:
    """What a caller sees of a fault of ours: nothing but where to look it up."""
    return RequestError(
        "internal_error",
        "the server failed to answer; its log holds the cause under this request id",
        status=500,
    )


def error_body(error: RequestError, request_id: str) -> dict[str, Any]:
    """The body of every error answer; ``error`` is the key of the Open Inference Protocol."""
    return {
        "error": error.message,
        "code": error.code,
        "message": error.message,
        "field": error.field,
        "request_id": request_id,
    }
