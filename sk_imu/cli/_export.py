"""`sk-imu export` and `bench-onnx`."""

import argparse
import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from ._parsing import Commands, add_command
from ._terminal import check_output

__all__ = ["add_to"]


class Format(NamedTuple):
    """A format of exported models."""

    #: Where the file is written if the command does not say it.
    out: str
    #: What ``--weights`` may be.
    weights: tuple[str, ...]
    #: Raises an error where no output can be written: before the work, not after.
    check: Callable[[str], None]
    #: Writes a model to a path, with the keyword ``weights`` and those of its own.
    write: Callable[..., None]
    #: Options of the command that are keywords of its own.
    options: tuple[str, ...] = ()
    #: What to do with what was written; ``{}`` is its path.
    use: str = ""


def _write_onnx(model: Any, path: str, **options: Any) -> None:
    from ..export import export_onnx

    export_onnx(model, path, **options)


def _write_web(model: Any, path: str, **options: Any) -> None:
    from ..export import export_web

    export_web(model, path, **options)


def _write_c(model: Any, path: str, **options: Any) -> None:
    from ..export import export_c

    export_c(model, path, **options)


FORMATS = {
    "onnx": Format("model.onnx", ("float32", "float16", "int8"), check_output, _write_onnx),
    "web": Format(
        "page",
        ("float32", "float16", "int8"),
        lambda path: None,  # export_web checks it first
        _write_web,
        ("onnxruntime_web",),
        "Serve it, such as with `python -m http.server --directory {}`, and open "
        "http://localhost:8000. Phones need an https address to recognize live.",
    ),
    "c": Format("sk_imu_model.h", ("float32", "int8", "mixed"), check_output, _write_c),
}


def add_to(commands: Commands) -> None:
    """Add the commands."""
    _add_export(commands)
    _add_bench(commands)


def _add_export(commands: Commands) -> None:
    export = add_command(
        commands,
        "export",
        "write a fitted model to a file for a phone or watch, or to a web page",
        "examples:\n"
        "  sk-imu export model.skops\n"
        "  sk-imu export model.skops --format onnx --weights int8 -o small.onnx\n"
        "  sk-imu export model.skops --format web -o page\n"
        "  sk-imu export model.skops --format c --weights int8 -o squats.h",
        " It takes sets at the common rate and gives the probability of each exercise.",
    )
    export.add_argument(
        "model", metavar="MODEL", help="a model file written by `sk-imu fit`"
    )
    export.add_argument(
        "--format",
        choices=list(FORMATS),
        default="onnx",
        dest="form",
        help="format of the file (default: onnx)",
    )
    kinds = dict.fromkeys(kind for form in FORMATS.values() for kind in form.weights)
    export.add_argument(
        "--weights",
        choices=list(kinds),
        default="float32",
        help="how weights are stored (default: float32)",
    )
    names = " or ".join(form.out for form in FORMATS.values())
    export.add_argument(
        "-o",
        "--out",
        metavar="PATH",
        help=f"file, or folder of a web page, to write (default: {names})",
    )
    export.add_argument(
        "--onnxruntime-web",
        metavar="PATH",
        help="tarball of the npm package onnxruntime-web or its folder dist, for --format "
        "web without a network (default: downloaded once, and kept)",
    )
    export.set_defaults(run=_export)


def _add_bench(commands: Commands) -> None:
    bench = add_command(
        commands,
        "bench-onnx",
        "show what an ONNX file holds, and how long it takes",
        "examples:\n"
        "  sk-imu bench-onnx model.onnx\n"
        "  sk-imu bench-onnx model.onnx --runs 5000",
        " The processor time of a set is measured in ONNX Runtime, on one thread.",
    )
    bench.add_argument("path", metavar="FILE", help="a file written by `sk-imu export`")
    bench.add_argument(
        "--runs",
        type=_count,
        default=1000,
        metavar="N",
        help="runs for each length of a set (default: 1000)",
    )
    bench.set_defaults(run=_bench)


def _count(text: str) -> int:
    """Return a positive number of the command line; argparse reports the error."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def _export(
    *, model: str, form: str, weights: str, out: str | None, **others: str | None
) -> int:
    from ..persistence import load_model

    chosen = FORMATS[form]
    path = out or chosen.out
    if weights not in chosen.weights:
        raise ValueError(
            f"--format {form} takes --weights {' or '.join(chosen.weights)}, not {weights}."
        )
    options = {name: value for name, value in others.items() if value is not None}
    for name in options:
        if name not in chosen.options:
            raise ValueError(f"--format {form} takes no --{name.replace('_', '-')}.")
    chosen.check(path)
    classifier = load_model(model)
    try:
        chosen.write(classifier, path, weights=weights, **options)
    except TypeError as error:
        raise ValueError(f"{model}: {error}") from error
    size = f" ({os.path.getsize(path):,} bytes)" if os.path.isfile(path) else ""
    print(f"The model is in {path}{size}.")
    if chosen.use:
        print(chosen.use.format(path))
    return 0


def _bench(*, path: str, runs: int) -> int:
    from ..export import bench_onnx, onnx_metadata

    known = onnx_metadata(path)
    print(f"{path}: {os.path.getsize(path):,} bytes")
    for name, text in known.items():
        if name in ("classes", "channel_names", "channel_units"):
            text = ", ".join(str(one) or "-" for one in json.loads(text))
        print(f"{name}: {text}")
    table = bench_onnx(path, n_runs=runs)
    print("\nProcessor time of one set in ONNX Runtime, one thread:")
    digits = {"seconds": 2, "min_ms": 3, "median_ms": 3, "p99_ms": 3}
    print(table.round(digits).to_string(index=False))
    return 0
