"""The part of GitHub's API that is used, answering as GitHub does."""

from typing import Any

from forge_servers import Handler, Hub, Reply, page_of

METHODS = {"merge": "allow_merge_commit", "squash": "allow_squash_merge"}
METHODS["rebase"] = "allow_rebase_merge"
REPOSITORY = r"/api/v3/repos/([^/]+/[^/]+)"


def about(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    if name != hub.full_name:
        return 404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}
    return 200, {"full_name": name, "default_branch": hub.default_branch, **hub.settings}


def shown(hub: Hub, pull: dict[str, Any], whole: bool = False) -> dict[str, Any]:
    number, state = pull["number"], pull["state"]
    source = {"full_name": pull["source"]} if pull["source"] else None
    item = {
        "number": number,
        "node_id": f"PR_{number}",
        "html_url": f"https://{hub.full_name}/pull/{number}",
        "title": pull["title"],
        "body": pull["body"] or None,
        "state": "open" if state == "open" else "closed",
        "merged_at": "2026-11-02T09:00:00Z" if state == "merged" else None,
        "user": {"login": "robin"} if number % 2 else None,
        "labels": [{"name": label} for label in pull["labels"]],
        "created_at": pull["created_at"],
        "head": {"ref": pull["branch"], "sha": hub.head_of(pull), "repo": source},
        "base": {"ref": pull["base"], "repo": {"full_name": hub.full_name}},
    }
    if whole and state == "open":
        hub.unsettled, settled = max(hub.unsettled - 1, 0), not hub.unsettled
        item["mergeable"] = not hub.conflicts(pull) if settled else None
    return item


def pulls(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    if name != hub.full_name:
        return 404, {"message": "Not Found"}
    wanted = query.get("state", "open")
    items = [shown(hub, pull) for pull in reversed(hub.pulls)]
    return 200, page_of([i for i in items if wanted in ("all", i["state"])], query)


def create(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    def invalid(**error: str) -> Reply:
        return 422, {"message": "Validation Failed", "errors": [error]}

    if hub.head(body["head"]) is None:
        return invalid(resource="PullRequest", field="head", code="invalid")
    if any(p["state"] == "open" and p["branch"] == body["head"] for p in hub.pulls):
        said = f"A pull request already exists for acme:{body['head']}."
        return invalid(resource="PullRequest", code="custom", message=said)
    pull = hub.add(body["head"], body["base"], body["title"], body["body"])
    return 201, shown(hub, pull, whole=True)


def one(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    if pull is None or name != hub.full_name:
        return 404, {"message": "Not Found"}
    return 200, shown(hub, pull, whole=True)


def update(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    pull |= {key: value for key, value in body.items() if key in ("title", "body", "base", "state")}
    return 200, shown(hub, pull)


def label(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    hub.find(int(number))["labels"] += body["labels"]
    return 200, []


def comment(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    hub.find(int(number))["comments"].append(body["body"])
    return 201, {}


def merge(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    pull = hub.find(int(number))
    key = METHODS[body["merge_method"]]
    if not hub.settings.get(key):
        return 405, {"message": "This merge method is not allowed on this repository."}
    if body["sha"] != hub.head_of(pull):
        return 409, {"message": "Head branch was modified. Review and try the merge again."}
    if missing := hub.lacking(pull):
        return 405, {"message": f'Required status check "{missing}" is expected.'}
    if not hub.merge(pull):
        return 405, {"message": "Pull Request is not mergeable"}
    return 200, {"merged": True}


def later(hub: Hub, query: dict[str, str], body: Any) -> Reply:
    variables = body["variables"]
    pull = hub.find(int(variables["id"].removeprefix("PR_")))
    if not hub.takes_over:
        said = "Auto merge is not allowed for this repository"
        return 200, {"data": None, "errors": [{"type": "UNPROCESSABLE", "message": said}]}
    pull["waits"] = variables["head"]
    return 200, {"data": {"enablePullRequestAutoMerge": {"clientMutationId": None}}}


def statuses(hub: Hub, name: str, commit: str, query: dict[str, str], body: Any) -> Reply:
    if not hub.knows(commit):
        return 422, {"message": f"No commit found for SHA: {commit}"}
    entries = hub.statuses.get(commit, [])
    return 200, page_of([{**entry, "created_at": entry["at"]} for entry in entries], query)


def set_status(hub: Hub, name: str, commit: str, query: dict[str, str], body: Any) -> Reply:
    if not hub.knows(commit):
        return 422, {"message": f"No commit found for SHA: {commit}"}
    if len(body["description"]) > 140:
        return 422, {"message": "Validation Failed", "errors": ["description is too long"]}
    entry = hub.set_status(commit, body["context"], body["state"], body["description"])
    return 201, {**entry, "created_at": entry["at"]}


def remove_branch(hub: Hub, name: str, branch: str, query: dict[str, str], body: Any) -> Reply:
    if hub.head(branch) is None:
        return 422, {"message": "Reference does not exist"}
    hub.git("update-ref", "-d", f"refs/heads/{branch}")
    return 204, None


def issues(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    # GitHub shows pull requests here too.
    found = [{**shown(hub, pull), "pull_request": {}} for pull in hub.pulls]
    found += [item for item in hub.issues if item["state"] == "open"]
    wanted = set(query["labels"].split(","))
    items = [i for i in found if wanted <= {label["name"] for label in i["labels"]}]
    return 200, page_of(items, query)


def open_issue(hub: Hub, name: str, query: dict[str, str], body: Any) -> Reply:
    number = len(hub.pulls) + len(hub.issues) + 1
    item = {
        "number": number,
        "html_url": f"https://{hub.full_name}/issues/{number}",
        "title": body["title"],
        "body": body["body"] or None,
        "state": "open",
        "labels": [{"name": label} for label in body["labels"]],
    }
    hub.issues.append(item)
    return 201, item


def change_issue(hub: Hub, name: str, number: str, query: dict[str, str], body: Any) -> Reply:
    (item,) = [item for item in hub.issues if item["number"] == int(number)]
    item |= body
    return 200, item


class GitHubServer(Handler):
    """github.com's REST API as an own server has it, and its one mutation that is used."""

    routes = [
        ("GET", REPOSITORY, about),
        ("GET", rf"{REPOSITORY}/pulls", pulls),
        ("POST", rf"{REPOSITORY}/pulls", create),
        ("GET", rf"{REPOSITORY}/pulls/(\d+)", one),
        ("PATCH", rf"{REPOSITORY}/pulls/(\d+)", update),
        ("PUT", rf"{REPOSITORY}/pulls/(\d+)/merge", merge),
        ("GET", rf"{REPOSITORY}/issues", issues),
        ("POST", rf"{REPOSITORY}/issues", open_issue),
        ("PATCH", rf"{REPOSITORY}/issues/(\d+)", change_issue),
        ("POST", rf"{REPOSITORY}/issues/(\d+)/labels", label),
        ("POST", rf"{REPOSITORY}/issues/(\d+)/comments", comment),
        ("GET", rf"{REPOSITORY}/commits/(\w+)/statuses", statuses),
        ("POST", rf"{REPOSITORY}/statuses/(\w+)", set_status),
        ("DELETE", rf"{REPOSITORY}/git/refs/heads/(.+)", remove_branch),
        ("POST", r"/api/graphql", later),
    ]
