"""Data views and saved searches of Kibana, through its import and export of saved objects."""

import json
from pathlib import Path

from comparing import differences
from server import Failed, Server

BOUNDARY = "bootstrap-objects"


def apply(server: Server, path: Path) -> str:
    """Import the objects of a file unless Kibana has them; return created, changed or unchanged."""
    wanted = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    stored = _export(server, wanted)
    if stored is not None and not any(_differs(each, stored) for each in wanted):
        return "unchanged"
    answer = server.call(
        "POST",
        "/api/saved_objects/_import?overwrite=true",
        _form(path),
        **{"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
    )
    if not answer.get("success"):
        raise Failed(
            f"{server.url} did not take {path.name}: {json.dumps(answer.get('errors'))[:600]};"
            " compare it with an export of Kibana's own (Stack Management, Saved Objects)"
        )
    return "created" if stored is None else "changed"


def _export(server: Server, wanted: list[dict]) -> dict[tuple[str, str], dict] | None:
    named = [{"type": each["type"], "id": each["id"]} for each in wanted]
    body = {"objects": named, "excludeExportDetails": True}
    try:
        found = server.call("POST", "/api/saved_objects/_export", body)
    except Failed as error:
        # Kibana exports all of them or says 400.
        if error.status == 400:
            return None
        raise
    listed = found if isinstance(found, list) else [found]
    return {(each["type"], each["id"]): each for each in listed}


def _differs(wanted: dict, stored: dict[tuple[str, str], dict]) -> bool:
    found = stored.get((wanted["type"], wanted["id"]))
    if found is None:
        return True
    # Kibana adds attributes of its own; what it must have is ours.
    kept = {key: found["attributes"].get(key) for key in wanted["attributes"]}
    return bool(
        differences(_plain(wanted["attributes"]), _plain(kept))
        or differences(wanted["references"], found.get("references", []))
    )


def _plain(attributes: dict) -> dict:
    """Return attributes with the JSON that is text inside them as objects."""
    text = attributes.get("kibanaSavedObjectMeta") or {}
    source = text.get("searchSourceJSON")
    return attributes | ({"kibanaSavedObjectMeta": json.loads(source)} if source else {})


def _form(path: Path) -> bytes:
    head = (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{path.name}"\r\n'
    )
    head += "Content-Type: application/ndjson\r\n\r\n"
    return head.encode() + path.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
