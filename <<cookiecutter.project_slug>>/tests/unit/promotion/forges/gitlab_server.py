"""The part of GitLab's REST API that is used, below a path of its host."""

from typing import Any

from forge_servers import Handler, Hub, Reply, page_of

PROJECT = r"/git/api/v4/projects/([^/]+)"
TOKEN = "glpat-of-a-test"
STATES = {"open": "opened"}
PROJECT_ID = 7


def about(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    return 200, {"path_with_namespace": name, "default_branch": hub.default_branch}


def shown(hub: Hub, pull: dict[str, Any]) -> dict[str, Any]:
    number = pull["number"]
    hub.unsettled, settled = max(hub.unsettled - 1, 0), not hub.unsettled
    found = "checking"
    if settled and pull["state"] == "open":
        lacks = "ci_must_pass" if hub.lacking(pull) else "mergeable"
        found = "conflict" if hub.conflicts(pull) else lacks
    return {
        "iid": number,
        "web_url": f"https://example.com/git/{hub.full_name}/-/merge_requests/{number}",
        "title": pull["title"],
        "description": pull["body"] or None,
        "state": STATES.get(pull["state"], pull["state"]),
        "source_branch": pull["branch"],
        "target_branch": pull["base"],
        "sha": hub.head_of(pull),
        "labels": list(pull["labels"]),
        "author": {"username": "robin"},
        "created_at": pull["created_at"].replace("Z", ".000Z"),
        "source_project_id": PROJECT_ID if pull["source"] == hub.full_name else 99,
        "target_project_id": PROJECT_ID,
        "detailed_merge_status": found,
        "merge_status": "can_be_merged",
    }


def listing(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    branch, state = query.get("source_branch"), query.get("state", "all")
    items = [shown(hub, pull) for pull in reversed(hub.pulls)]
    items = [i for i in items if branch in (None, i["source_branch"])]
    return 200, page_of([i for i in items if state in ("all", i["state"])], query)


def create(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    branch = body["source_branch"]
    if hub.head(branch) is None:
        return 400, {"message": {"base": [f'Source branch "{branch}" does not exist']}}
    if any(p["state"] == "open" and p["branch"] == branch for p in hub.pulls):
        return 409, {"message": ["Another open merge request already exists for this branch: !1"]}
    pull = hub.add(branch, body["target_branch"], body["title"], body["description"])
    return 201, shown(hub, pull)


def one(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    return (200, shown(hub, pull)) if pull else (404, {"message": "404 Not found"})


def update(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    names = {"title": "title", "description": "body", "target_branch": "base"}
    pull |= {names[key]: value for key, value in body.items() if key in names}
    pull["labels"] += [label for label in body.get("add_labels", "").split(",") if label]
    if body.get("state_event") == "close":
        pull["state"] = "closed"
    return 200, shown(hub, pull)


def note(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    hub.find(int(number))["comments"].append(body["body"])
    return 201, {}


def merge(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    if body["sha"] != hub.head_of(pull):
        return 409, {"message": "SHA does not match HEAD of source branch"}
    if hub.lacking(pull) and body.get("auto_merge") and hub.takes_over:
        pull["waits"] = body["sha"]
        return 200, shown(hub, pull)
    if not hub.merge(pull):
        return 405, {"message": "405 Method Not Allowed"}
    hub.git("update-ref", "-d", f"refs/heads/{pull['branch']}")
    return 200, shown(hub, pull)


def issues(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    wanted = set(query["labels"].split(","))
    items = [i for i in hub.issues if i["state"] == "opened" and wanted <= set(i["labels"])]
    return 200, page_of(items, query)


def open_issue(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    number = len(hub.issues) + 1
    item = {
        "iid": number,
        "web_url": f"https://example.com/git/{hub.full_name}/-/issues/{number}",
        "title": body["title"],
        "description": body["description"] or None,
        "state": "opened",
        "labels": body["labels"].split(","),
    }
    hub.issues.append(item)
    return 201, item


def change_issue(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    (item,) = [item for item in hub.issues if item["iid"] == int(number)]
    item |= body
    return 200, item


def statuses(hub: Hub, name: str, commit: str, query: dict[str, str], body: Any) -> Reply:
    if not hub.knows(commit):
        return 404, {"message": "404 Commit Not Found"}
    oldest_first = reversed(hub.statuses.get(commit, []))
    return 200, page_of([_status(entry) for entry in oldest_first], query)


def set_status(hub: Hub, name: str, commit: str, query: dict[str, str], body: Any) -> Reply:
    if not hub.knows(commit):
        return 404, {"message": "404 Commit Not Found"}
    state = {"failed": "failure"}.get(body["state"], body["state"])
    newest = [e for e in hub.statuses.get(commit, []) if e["context"] == body["name"]][:1]
    if state == "pending" and newest and newest[0]["state"] == "pending":
        return 400, {"message": "Cannot transition status via :enqueue from :pending"}
    entry = hub.set_status(commit, body["name"], state, body["description"])
    return 201, _status(entry)


def _status(entry: dict[str, Any]) -> dict[str, Any]:
    done = entry["state"] != "pending"
    return {
        "id": entry["id"],
        "name": entry["context"],
        "status": {"failure": "failed"}.get(entry["state"], entry["state"]),
        "description": entry["description"],
        "created_at": entry["at"],
        "started_at": None,
        "finished_at": entry["at"] if done else None,
    }


class GitLabServer(Handler):
    """One project, shown only to who has the token."""

    routes = [
        ("GET", PROJECT, about),
        ("GET", rf"{PROJECT}/merge_requests", listing),
        ("POST", rf"{PROJECT}/merge_requests", create),
        ("GET", rf"{PROJECT}/merge_requests/(\d+)", one),
        ("PUT", rf"{PROJECT}/merge_requests/(\d+)", update),
        ("PUT", rf"{PROJECT}/merge_requests/(\d+)/merge", merge),
        ("POST", rf"{PROJECT}/merge_requests/(\d+)/notes", note),
        ("GET", rf"{PROJECT}/issues", issues),
        ("POST", rf"{PROJECT}/issues", open_issue),
        ("PUT", rf"{PROJECT}/issues/(\d+)", change_issue),
        ("GET", rf"{PROJECT}/repository/commits/(\w+)/statuses", statuses),
        ("POST", rf"{PROJECT}/statuses/(\w+)", set_status),
    ]

    def _answer(self, path: str, query: dict[str, str], body: Any) -> Reply:
        project = f"/git/api/v4/projects/{self.hub.full_name.replace('/', '%2F')}"
        token = self.headers.get("PRIVATE-TOKEN") or self.headers.get("JOB-TOKEN")
        if token not in (None, TOKEN):
            return 401, {"message": "401 Unauthorized"}
        if token is None or not path.startswith(project):
            return 404, {"message": "404 Project Not Found"}
        return super()._answer(path, query, body)
