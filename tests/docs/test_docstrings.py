"""The API page is complete, and docstrings match the signatures and have examples."""

import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import validate

import sk_imu

API_PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.rst"

# The rules hold for every name in __all__ of these modules.
PUBLIC_MODULES = [
    "sk_imu",
    "sk_imu.augmentation",
    "sk_imu.datasets",
    "sk_imu.export",
    "sk_imu.inspection",
    "sk_imu.model_selection",
    "sk_imu.persistence",
    "sk_imu.readers",
    "sk_imu.recognition",
    "sk_imu.report",
    "sk_imu.sktime",
    "sk_imu.study",
]

# Rules of numpydoc that this project does not follow.
NOT_OURS = {
    "ES01",  # one line can be enough
    "GL01",  # the summary starts on the quotes' line ...
    "GL02",  # ... and a docstring of one line ends there
    "RT01",  # fit returns self, as everywhere
    "RT02",  # return values may have names, as in scikit-learn
    "SA01",  # not everything has related functions
    "SS05",  # mistakes any word that ends in s for a verb
}


def public_objects() -> Iterator[tuple[str, object]]:
    """Yield the dotted name and the value of every public class and function."""
    seen = set()
    for module_name in PUBLIC_MODULES:
        module = importlib.import_module(module_name)
        for name in module.__all__:
            value = getattr(module, name)
            if (inspect.isclass(value) or inspect.isroutine(value)) and (
                id(value) not in seen
            ):
                seen.add(id(value))
                yield f"{module_name}.{name}", value


def public_methods() -> Iterator[tuple[str, object]]:
    """Yield the methods that this package defines in its public classes."""
    seen = set()
    for class_name, value in public_objects():
        if not inspect.isclass(value):
            continue
        for name, method in inspect.getmembers(value, inspect.isroutine):
            function = inspect.unwrap(method)
            ours = getattr(function, "__module__", None) or ""
            if (
                not name.startswith("_")
                and ours.partition(".")[0] == "sk_imu"
                and id(function) not in seen
            ):
                seen.add(id(function))
                yield f"{class_name}.{name}", method


OBJECTS = dict(public_objects())
METHODS = dict(public_methods())


def signature_names(value: object) -> list[str]:
    """Return the names of the parameters as a docstring writes them."""
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        stars.get(parameter.kind, "") + parameter.name
        for parameter in inspect.signature(value).parameters.values()
        if parameter.name not in {"self", "cls"}
    ]


def documented_names(value: object) -> list[str]:
    """Return the names in the sections of parameters, in order.

    Two that share one entry, as in ``low, high : float``, are two names.
    """
    doc = ClassDoc(value) if inspect.isclass(value) else FunctionDoc(value)
    entries = [*doc["Parameters"], *doc["Other Parameters"]]
    return [name.strip() for entry in entries for name in entry.name.split(",")]


@pytest.mark.parametrize("name", OBJECTS)
def test_documented_parameters_are_the_signature(name):
    assert documented_names(OBJECTS[name]) == signature_names(OBJECTS[name])


@pytest.mark.parametrize("name", METHODS)
def test_documented_parameters_of_methods_are_the_signature(name):
    assert inspect.getdoc(METHODS[name]), f"{name} has no docstring"
    if signature_names(METHODS[name]):
        assert documented_names(METHODS[name]) == signature_names(METHODS[name])


@pytest.mark.parametrize("name", OBJECTS)
def test_defaults_are_documented(name):
    """A parameter's line names its default, as in ``int, default=5``, or `optional`."""
    value = OBJECTS[name]
    doc = ClassDoc(value) if inspect.isclass(value) else FunctionDoc(value)
    parameters = inspect.signature(value).parameters
    missing = [
        entry.name
        for entry in doc["Parameters"]
        for part in entry.name.split(",")
        if parameters[part.strip().lstrip("*")].default is not inspect.Parameter.empty
        and "default" not in entry.type
        and "optional" not in entry.type
    ]
    assert not missing


@pytest.mark.parametrize("name", OBJECTS)
def test_has_an_example(name):
    # --doctest-modules runs them.
    assert ">>>" in (inspect.getdoc(OBJECTS[name]) or "")


@pytest.mark.parametrize("name", OBJECTS)
def test_keeps_the_rules_of_numpydoc(name):
    errors = {code: text for code, text in validate(name)["errors"] if code not in NOT_OURS}
    assert not errors


def listed_names(module_name: str) -> set[str]:
    """Return the names of a module in the tables of the API page."""
    names, module = set(), ""
    for line in API_PAGE.read_text("utf-8").splitlines():
        if match := re.fullmatch(r"\.\. currentmodule:: (\S+)", line):
            module = match[1]
        elif (match := re.fullmatch(r"    (\w+)", line)) and module == module_name:
            names.add(match[1])
    return names


@pytest.mark.parametrize("module_name", PUBLIC_MODULES)
def test_api_page_lists_the_public_names(module_name):
    module = importlib.import_module(module_name)
    # Constants are documented where they are used; names of sk_imu are listed there only.
    public = {
        name
        for name in module.__all__
        if callable(getattr(module, name))
        and (module_name == "sk_imu" or name not in sk_imu.__all__)
    }
    assert listed_names(module_name) == public
