"""What the command line does; everything heavy is imported by the command that needs it."""

import argparse
import logging
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

from .failures import ConfigError, without_traceback
from .settings import load_settings


def data(arguments: argparse.Namespace) -> int:
    from .dataset import record, resolve
    from .stages import ingest as fetch

    root = load_settings().root
    print("source fetched" if fetch(root) else "data/raw holds the source already")
    record(root)
    found = resolve(root)
    return _say(
        f"dataset {found.hash} in {found.path}\n"
        "next: git add data/raw.dvc dvc.lock && git commit, make push-data, make train"
    )


def push_data(arguments: argparse.Namespace) -> int:
    from .dataset import push

    return _say(f"{push(load_settings().root)} files sent to the remote")


def pull_data(arguments: argparse.Namespace) -> int:
    from .dataset import pull

    return _say(f"{pull(load_settings().root)} files fetched from the remote")


def ingest(arguments: argparse.Namespace) -> int:
    changed = import_module(".stages", __package__).ingest(load_settings().root)
    return _say("data/raw is new" if changed else "data/raw holds the source already")


def prepare(arguments: argparse.Namespace) -> int:
    rows = import_module(".stages", __package__).prepare_stage(load_settings().root)
    return _say(f"{rows} rows in data/prepared/dataset.parquet")


def reference(arguments: argparse.Namespace) -> int:
    rows = import_module(".stages", __package__).reference_stage(load_settings().root)
    return _say(f"{rows} rows in data/reference/reference.parquet")


def train(arguments: argparse.Namespace) -> int:
    changes = {"revision": arguments.revision} if arguments.revision else {}
    run = run_pipeline("training", arguments.config, changes, cached=not arguments.no_cache)
    version = output_of(run, "register_model", "model_version")
    evaluation = output_of(run, "evaluate_model", "evaluation")
    print(f"\n{version['name']} {version['version']} is the champion")
    for name, value in evaluation["metrics"].items():
        low, high = evaluation["intervals"][name]
        print(f"  {name:<22} {value:9.4f}  [{low:.4f}, {high:.4f}]")
    return _say(f"bundle {version['bundle']}\nnext: make serve · make mlflow · make compare")


def monitor(arguments: argparse.Namespace) -> int:
    return import_module(".monitor_command", __package__).run(arguments)


def compare(arguments: argparse.Namespace) -> int:
    from .comparison import write_comparison
    from .registry import Registry

    registry = Registry(load_settings())
    table = write_comparison(registry.runs(arguments.last), registry.champion(), arguments.output)
    return _say(f"{table}\n\npage: {arguments.output}")


def schema(arguments: argparse.Namespace) -> int:
    from .inference import infer_schema, keep_personal, to_yaml
    from .params import load_params
    from .pointers import RAW
    from .reading import read_for_inference

    settings = load_settings()
    params = load_params(settings.root)
    frame = read_for_inference(arguments.source or settings.root / RAW, params.csv)
    frame = frame.rename(columns=params.prepare.rename)
    frame = frame.drop(columns=params.prepare.drop_columns, errors="ignore")
    proposal = infer_schema(frame, arguments.target, arguments.id)
    text = to_yaml(keep_personal(proposal, settings.schema_path))
    if not arguments.write:
        return _say(text)
    settings.schema_path.write_text(text, encoding="utf-8")
    return _say(f"{settings.schema_path} written for {len(frame.columns)} columns; correct it")


def champion(arguments: argparse.Namespace) -> int:
    from .registry import Registry, RegistryError

    found = Registry(load_settings()).champion()
    if found is None:
        raise RegistryError("no model is registered yet; `make train` registers the first one")
    whole = f"{found.name} {found.version} {found.bundle}"
    return _say(found.bundle if arguments.bundle else whole)


def verify(arguments: argparse.Namespace) -> int:
    from .bundle import verify_bundle

    manifest = verify_bundle(arguments.bundle)
    files = len(manifest["files"])
    return _say(f"{manifest['name']} {manifest['version']}: all {files} files are whole")


def example_request(arguments: argparse.Namespace) -> int:
    import json

    from .examples import request_body

    rows, contract = _some_rows(None)
    whole = rows.dropna(subset=contract.feature_names).head(arguments.rows)
    return _say(json.dumps(request_body(whole, contract), indent=1))


def example_batch(arguments: argparse.Namespace) -> int:
    from .examples import shifted

    rows, contract = _some_rows(arguments.rows)
    rows = shifted(rows, contract) if arguments.shifted else rows
    rows[contract.feature_names].to_csv(arguments.file, index=False)
    return _say(f"{len(rows)} rows in {arguments.file}")


def _some_rows(count: int | None) -> Any:
    """Rows of the dataset in the work tree, ``count`` of them drawn, and the schema."""
    from .dataset import resolve
    from .parquet import read_parquet
    from .schema import load_schema

    settings = load_settings()
    contract = load_schema(settings.schema_path)
    rows = read_parquet(resolve(settings.root).path)
    if count is not None:
        rows = rows.sample(min(count, len(rows)), random_state=0)
    return rows, contract


def run_pipeline(name: str, config: Path, changes: dict[str, Any], cached: bool) -> Any:
    """Run a pipeline by its configuration file, some parameters replaced."""
    import yaml

    try:
        content = yaml.safe_load(config.read_text(encoding="utf-8")) or {}
    except FileNotFoundError:
        raise ConfigError(f"{config} does not exist; name it with --config") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{config} is not valid YAML: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("parameters", {}), dict):
        raise ConfigError(f"{config} must be a mapping, and so must its parameters")
    content["parameters"] = content.get("parameters", {}) | changes
    pipeline = getattr(import_module(f".pipelines.{name}", __package__), name)
    for handler in logging.getLogger().handlers:
        handler.addFilter(without_traceback)
    with tempfile.TemporaryDirectory() as scratch:
        effective = Path(scratch) / config.name
        effective.write_text(yaml.safe_dump(content), encoding="utf-8")
        return pipeline.with_options(
            config_path=str(effective), enable_cache=None if cached else False
        )()


def output_of(run: Any, step: str, name: str) -> Any:
    """What a step of a finished run returned under ``name``."""
    return run.steps[step].outputs[name][0].load()


def _say(text: str) -> int:
    print(text)
    return 0
