"""Bring a release into dev as `make release` does, without a model that was trained for it.

Run in a generated repository: python write_release.py <package> '{"slug": ..., "number": ...}'.
What `make release` reads from registry and bundle is made up here; from then on the repository's
own code plans, opens and merges the pull request. Prints the id of the release.
"""

import argparse
import hashlib
import json
import sys
from importlib import import_module

GOOD = {"value": 0.97, "low": 0.95, "high": 0.99, "baseline": 0.5}


def main() -> int:
    package, asked = sys.argv[1], json.loads(sys.argv[2])
    promotion = {
        name: import_module(f"{package}.promotion.{name}")
        for name in ("cli", "context", "plans", "record", "release")
    }
    release = promotion["release"].Release(**_fields(**asked))
    context = promotion["context"].open_context()
    record = promotion["record"].Record(
        release=release.id,
        created_at=context.now.isoformat(timespec="seconds"),
        created_by=context.who,
        commit=release.commit,
        run=release.run,
        bundle_digest=release.bundle_digest,
        image=release.image,
        metrics={"roc_auc": GOOD},
        primary="roc_auc",
        higher_is_better={"roc_auc": True},
        drift={"status": "no drift", "share": 0.0, "detail": "no drift"},
        quality={"passed": True, "findings": []},
        data={"revision": release.data_revision, "hash": release.data_hash, "rows": 569},
        load_test={
            "requests_per_second": 120.0,
            "p95_milliseconds": {"predict": 21.0},
            "error_share": 0.0,
            "passed": True,
            "problems": [],
            "budget": {},
        },
    )
    options = argparse.Namespace(replace=False, merge=True)
    plan_release = promotion["plans"].plan_release
    code = promotion["cli"].run_plan(
        context, lambda: plan_release(context.base, release, record), options
    )
    print(release.id)
    return code


def _fields(slug: str, number: int, bad: bool, fields: dict[str, str]) -> dict[str, str]:
    digest = _digits(f"bundle {slug} {number}")
    image = _digits(f"image {slug} {number}")
    # The cluster keeps pods of such an image unready.
    image = f"bad{image[3:]}" if bad else f"600d{image[4:]}"
    return {
        "model": slug,
        "model_version": f"v{number}",
        "bundle_uri": f"s3://bundles/{slug}/{digest[:16]}",
        "bundle_digest": f"sha256:{digest}",
        "image": f"registry.example.com/ml-team/{slug}@sha256:{image}",
        "run": _digits(f"run {slug} {number}")[:32],
        "data_revision": "data-1",
        "data_hash": f"md5:{_digits(f'data {slug}')[:32]}",
        "commit": _digits(f"commit {slug} {number}")[:40],
    } | fields


def _digits(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
