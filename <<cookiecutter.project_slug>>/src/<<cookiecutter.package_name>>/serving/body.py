"""Reading a request's body: JSON only, of limited size, unpacked within the same limit."""

import zlib

from starlette.requests import ClientDisconnect, Request

from .errors import RequestError

# Of a body that is too large, this many times the limit is read and thrown away, so that a caller
# that only listens after sending gets the answer and not a broken connection.
_PATIENCE = 4


async def read_body(request: Request, limit: int) -> bytes:
    """The unpacked body of at most ``limit`` bytes; ``RequestError`` (413, 415, 400) otherwise."""
    headers = request.headers
    _check_type(headers)
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        # A caller that waits for leave to send is answered before it does.
        if "expect" not in headers and int(declared) <= _PATIENCE * limit:
            await _discard(request, limit)
        raise _too_large(limit)
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            await _discard(request, limit)
            raise _too_large(limit)
        chunks.append(chunk)
    body = b"".join(chunks)
    return body if "content-encoding" not in headers else _unpack(body, headers, limit)


async def _discard(request: Request, limit: int) -> None:
    """Read on without keeping anything, up to a bound."""
    seen = 0
    while seen < _PATIENCE * limit:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        seen += len(message.get("body", b""))
        if not message.get("more_body", False):
            return


def _check_type(headers) -> None:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if "inference-header-content-length" in headers:
        raise RequestError(
            "unsupported_media_type",
            "tensors as binary data are not supported over REST: send them as JSON "
            "(tritonclient: binary_data=False) or use gRPC",
            status=415,
        )
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise RequestError(
            "unsupported_media_type",
            f"content-type {kind[:80]!r} is not supported; send application/json",
            status=415,
        )


def _unpack(body: bytes, headers, limit: int) -> bytes:
    encoding = headers["content-encoding"].strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise RequestError(
            "unsupported_media_type",
            f"content-encoding {encoding[:80]!r} is not supported; send gzip or none",
            status=415,
        )
    unpacker = zlib.decompressobj(wbits=31)
    try:
        # One byte more than allowed is asked for: a small body may unpack to gigabytes.
        unpacked = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise RequestError("invalid_encoding", f"the body is not valid gzip: {error}") from None
    if len(unpacked) > limit:
        raise _too_large(limit)
    if not unpacker.eof:
        raise RequestError("invalid_encoding", "the body is not valid gzip: it ends too early")
    return unpacked


def _too_large(limit: int) -> RequestError:
    return RequestError(
        "payload_too_large",
        f"the body is larger than {limit} bytes; send fewer rows in one request",
        status=413,
    )
