"""The architecture: who may import whom, and what the first import may cost."""

import ast
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import sk_imu

PACKAGE = Path(sk_imu.__file__).parent

DESIGN_PAGE = Path(__file__).parents[2] / "docs" / "project" / "design.rst"
# Imports point to lower layers, or sparingly to the same one. The design page has the
# table, and a new package has its line there first.
LAYER_OF = {
    name: int(layer)
    for layer, names in re.findall(
        r"^    \* - (\d+)\n      - ((?:``\w+`` ?)+)\n", DESIGN_PAGE.read_text("utf-8"), re.M
    )
    for name in re.findall(r"\w+", names)
}
# The two files above all layers: the package's own names, and `python -m sk_imu`.
ABOVE_ALL = {"__init__", "__main__"}
DRAWERS = {"utils", "helpers", "common", "misc", "core"}


def module_name(path: Path) -> str:
    """Return the dotted name of a file inside the package, '' for its __init__."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported_names(tree: ast.AST, package: str) -> Iterator[str]:
    """Yield the absolute dotted name of everything that a syntax tree imports.

    ``from a import b`` yields ``a.b``, which may be a module or a name in ``a``.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            yield from (f"{base}.{alias.name}" for alias in node.names)


def package_of(module: str) -> str:
    """Return the package that a module's relative imports start from."""
    name = f"sk_imu.{module}" if module else "sk_imu"
    return name if FILES[module].name == "__init__.py" else name.rpartition(".")[0]


def imports_of(module: str) -> set[str]:
    """Return what a module of the package imports, anywhere in its code."""
    tree = ast.parse(FILES[module].read_text("utf-8"))
    return set(imported_names(tree, package_of(module)))


def internal_imports(module: str) -> set[str]:
    """Return which modules of the package a module imports, itself left out."""
    inside = {
        name.removeprefix("sk_imu.")
        for name in imports_of(module)
        if name.startswith("sk_imu.")
    }
    # A name that is no module is one in a module.
    inside = {name if name in FILES else name.rpartition(".")[0] for name in inside}
    return inside - {"", module}


def place(module: str) -> str:
    """Return the entry of the table of layers that a module belongs to."""
    return module.partition(".")[0]


@pytest.mark.parametrize("module", [m for m in FILES if m])
def test_module_has_a_layer(module):
    assert place(module) in LAYER_OF.keys() | ABOVE_ALL, (
        f"sk_imu.{module} has no layer: put {place(module)!r} into the design page's table."
    )


@pytest.mark.parametrize("module", [m for m in FILES if m and place(m) in LAYER_OF])
def test_imports_point_down(module):
    layer = LAYER_OF[place(module)]
    upward = {
        other: LAYER_OF[place(other)]
        for other in internal_imports(module)
        if LAYER_OF[place(other)] > layer
    }
    assert not upward, f"sk_imu.{module} of layer {layer} imports upwards: {upward}"


def test_no_circular_imports():
    imports = {module: internal_imports(module) for module in FILES if module}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, f"circle: {' -> '.join([*trail, module])}"
        if module not in done:
            for other in sorted(imports[module]):
                visit(other, (*trail, module))
            done.add(module)

    for module in imports:
        visit(module, ())


@pytest.mark.parametrize("module", [m for m in FILES if m])
def test_other_packages_are_imported_by_their_faces(module):
    # What is not named in a package's ``__init__`` may change without a look around.
    parts = package_of(module).split(".")[1:]
    inside = {".".join(parts[:n]) for n in range(len(parts) + 1)}
    beyond = {
        other
        for other in internal_imports(module)
        if other.rpartition(".")[2].startswith("_")
        and other.rpartition(".")[0] not in inside
    }
    assert not beyond


@pytest.mark.parametrize("module", [m for m in FILES if m])
def test_modules_do_not_go_through_the_front_door(module):
    # `from sk_imu import Resampler` would hide from the tests above whose it is.
    direct = {name for name in imports_of(module) if name.count(".") <= 1}
    direct = {name for name in direct if name.partition(".")[0] == "sk_imu"}
    allowed = {f"sk_imu.{name}" for name in FILES} | {"sk_imu.__version__"}
    # What a model file may hold is what the front door names.
    assert direct <= allowed or place(module) == "persistence"


def test_relative_imports_are_seen():
    # The tests above are worth what this parser is worth.
    tree = ast.parse("from . import b\nfrom .c import d\nfrom ..e import f\nimport g.h")
    assert set(imported_names(tree, "sk_imu.study")) == {
        "sk_imu.study.b",
        "sk_imu.study.c.d",
        "sk_imu.e.f",
        "g.h",
    }


def test_no_drawers():
    assert not [name for name in FILES if DRAWERS & set(name.split("."))]


def test_sktime_is_imported_in_its_own_module_only():
    """``sk_imu.sktime`` and the bodies of two functions may, nothing else."""
    lazy = {"load_basic_motions", "_rocket"}
    offenders = set()
    for module, path in FILES.items():
        if place(module) == "sktime":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name in lazy:
                node.body = []
        if any(
            name.partition(".")[0] in {"sktime", "skbase"}
            for name in imported_names(tree, package_of(module))
        ):
            offenders.add(module)
    assert not offenders


def test_seglearn_is_never_imported():
    # Its wheel carries the watch data; its code fails on a current scikit-learn.
    assert not [
        module
        for module in FILES
        if any(name.partition(".")[0] == "seglearn" for name in imports_of(module))
    ]


@pytest.mark.parametrize(
    "module",
    # The last two answer with an exported file.
    ["sk_imu", "sk_imu.streaming._onnx_model", "sk_imu.server._live"],
)
def test_light_import(module):
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", f"import {module}"],
        capture_output=True,
        text=True,
        check=True,
        # Coverage, when it follows into this process, imports things of its own.
        env={k: v for k, v in os.environ.items() if not k.startswith("COV")},
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in run.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "sk_imu" in loaded
    assert not loaded & {"matplotlib", "skorch", "sktime", "torch"}


@pytest.mark.parametrize("name", sk_imu.__all__)
def test_public_name_is_importable(name):
    value = getattr(sk_imu, name)
    assert value.__name__ == name
    # Found again by pickle, and by a reader of the documentation.
    assert getattr(importlib.import_module(value.__module__), name) is value


def test_public_names_are_listed_in_order_and_by_dir():
    assert sk_imu.__all__ == sorted(set(sk_imu.__all__))
    assert set(sk_imu.__all__) <= set(dir(sk_imu))


def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="No sk_imu attribute Resample"):
        sk_imu.Resample  # noqa: B018


def test_modules_name_what_they_make_public():
    for name in sk_imu.__all__:
        module = importlib.import_module(getattr(sk_imu, name).__module__)
        assert name in getattr(module, "__all__", [name])


def test_annotations_reach_the_user():
    # PEP 561: without this file type checkers ignore the package's annotations.
    assert (PACKAGE / "py.typed").exists()


TESTS = sorted(Path(__file__).parents[1].rglob("test_*.py"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_tests_are_small_and_stand_alone(path):
    text = path.read_text("utf-8")
    assert text.count("\n") <= 600
    imported = set(imported_names(ast.parse(text), ""))
    assert not {name.partition(".")[0] for name in imported} & {p.stem for p in TESTS}


@pytest.mark.parametrize("module", [m for m in FILES if m])
def test_files_and_functions_are_short(module):
    text = FILES[module].read_text("utf-8")
    assert text.count("\n") <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            documentation = ast.get_docstring(node, clean=False) or ""
            n_lines = node.end_lineno - node.lineno - documentation.count("\n")
            assert n_lines <= 60, f"{node.name} has {n_lines} lines without its docstring"
