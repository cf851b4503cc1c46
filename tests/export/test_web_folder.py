"""The folder that export_web writes, and where its runtime comes from."""

import base64
import hashlib
import inspect
import io
import json
import re
import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_browser import Served
from made_sets import make_sets
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import make_pipeline

from sk_imu import ExerciseClassifier, Resampler, find_bouts
from sk_imu.export import export_web
from sk_imu.export._web import _runtime

PAGE = Path(__file__).parents[2] / "sk_imu" / "export" / "_web" / "page"
MOTION = PAGE.parents[2] / "_motion"
SCRIPTS = sorted([*PAGE.rglob("*.js"), *MOTION.rglob("*.js")])


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """Return a small tarball that passes for ONNX Runtime Web."""
    contents = {name: f"made-up {name}".encode() for name in _runtime._FILES}
    file = tmp_path / "registry" / "onnxruntime-web" / "-" / _runtime._TARBALL
    file.parent.mkdir(parents=True)
    with tarfile.open(file, "w:gz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"package/dist/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    whole = base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
    monkeypatch.setattr(_runtime, "_FILES", sums)
    monkeypatch.setattr(_runtime, "_INTEGRITY", f"sha512-{whole}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return file


@pytest.fixture(scope="module")
def fitted():
    sets = make_sets(2, 1)
    return ExerciseClassifier("svm").fit(sets, [one.label for one in sets])


def test_the_folder_is_whole(runtime, fitted, tmp_path):
    target = tmp_path / "deep" / "page"
    export_web(fitted, target, onnxruntime_web=runtime)
    written = {path.relative_to(target).as_posix() for path in target.rglob("*.*")}
    sources = {path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*.*")}
    sources |= {f"motion/{name}.js" for name in ("evidence", "reader", "source")}
    runtime_files = {f"onnxruntime/{name}" for name in _runtime._FILES}
    assert written == sources | runtime_files | {"model.json", "model.onnx"}
    model = json.loads((target / "model.json").read_text("utf-8"))
    # Those that the page keeps for the time without a network.
    assert set(model["files"]) == written - {"model.json"}
    # And only of one export.
    other = target.parent / "other"
    export_web(fitted, other, metadata={"Gym": "North"}, onnxruntime_web=runtime)
    assert (
        json.loads((other / "model.json").read_text("utf-8"))["digest"] != model["digest"]
    )
    assert model["classes"] == ["lunge", "squat"]
    assert model["settings"]["channels"] == fitted.channel_names_
    assert model["settings"]["samplingRateHz"] == 25
    assert model["window"] == {"timesteps": 100, "step": 50}
    assert not model["hasProbabilities"]
    assert model["side"] is None  # no set names one
    assert "unseen people" not in model["facts"]
    # No half-written folder is left beside them.
    assert sorted(target.parent.iterdir()) == [other, target]


def test_what_is_known_of_the_model_is_on_the_page(runtime, fitted, tmp_path):
    facts = {"Accuracy on unseen people": "0.96"}
    export_web(fitted, tmp_path / "page", metadata=facts, onnxruntime_web=runtime)
    model = json.loads((tmp_path / "page" / "model.json").read_text("utf-8"))
    assert model["facts"]["Accuracy on unseen people"] == "0.96"


def test_only_a_page_is_replaced(runtime, fitted, tmp_path):
    target = tmp_path / "page"
    target.mkdir()
    for _ in range(2):
        export_web(fitted, target, onnxruntime_web=runtime)
        (target / "old.txt").write_text("of the page before")
    export_web(fitted, target, onnxruntime_web=runtime)
    assert not (target / "old.txt").exists()
    other = tmp_path / "thesis"
    other.mkdir()
    (other / "chapter.txt").write_text("years of work")
    with pytest.raises(ValueError, match="thesis: exists and is no folder that an export"):
        export_web(fitted, other, onnxruntime_web=runtime)
    assert (other / "chapter.txt").read_text() == "years of work"


def test_the_folder_one_is_in_is_not_replaced(runtime, fitted, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="is the folder you are in"):
        export_web(fitted, ".", onnxruntime_web=runtime)


def test_nothing_is_downloaded_for_a_model_that_fails(runtime, fitted, tmp_path):
    for wrong in ({"weights": "int4"}, {"metadata": {"accuracy": 0.96}}):
        with pytest.raises((TypeError, ValueError), match="must"):
            export_web(fitted, tmp_path / "page", onnxruntime_web="no/such.tgz", **wrong)


class Doubled(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        self.n_features_in_ = 1
        return self

    def transform(self, X):
        return X


def test_models_that_the_page_cannot_serve_are_refused(runtime, tmp_path):
    sets = make_sets(2, 1)
    y = [one.label for one in sets]
    arrays = [np.asarray(one) for one in Resampler().fit_transform(sets)]
    on_arrays = ExerciseClassifier("svm").fit(arrays, y)
    with pytest.raises(
        ValueError, match="channel_0, .* which no recording of Sensor Logger"
    ):
        export_web(on_arrays, tmp_path / "a", onnxruntime_web=runtime)
    model = ExerciseClassifier("svm").fit(sets, y).pipeline_
    own = make_pipeline(Doubled(), *(step for _, step in model.steps)).fit(sets, y)
    with pytest.raises(ValueError, match="no step Doubled"):
        export_web(own, tmp_path / "b", onnxruntime_web=runtime)
    alone = model[2:]
    with pytest.raises(ValueError, match="no Resampler"):
        export_web(alone, tmp_path / "c", onnxruntime_web=runtime)
    assert not any((tmp_path / name).exists() for name in "abc")


def test_sides_are_asked_if_the_model_knew_some(runtime, tmp_path):
    sets = [replace(one, side="left") for one in make_sets(2, 1)]
    model = ExerciseClassifier("svm").fit(sets, [one.label for one in sets])
    export_web(model, tmp_path / "page", onnxruntime_web=runtime)
    text = (tmp_path / "page" / "model.json").read_text("utf-8")
    assert json.loads(text)["side"] == {"onto": "right", "mirrorAxis": "x"}


# The runtime


def test_the_runtime_is_downloaded_once_and_checked(runtime, tmp_path, monkeypatch):
    with Served(tmp_path / "registry") as served:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", served.url)
        first = _runtime.runtime_files()
    assert first.keys() == _runtime._FILES.keys()
    # From the cache: nothing is served any more.
    assert _runtime.runtime_files() == first
    name = next(iter(first))
    (_runtime.cache_folder() / name).write_bytes(b"damaged")
    with pytest.raises(ValueError, match=f"{name} is not that of onnxruntime-web"):
        _runtime.runtime_files()


def test_a_failed_download_says_what_to_do(runtime, tmp_path, monkeypatch):
    with Served(tmp_path) as served:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{served.url}nowhere")
        with pytest.raises(OSError, match="npm pack onnxruntime-web@"):
            _runtime.runtime_files()
    assert not _runtime.cache_folder().exists()


def test_another_tarball_is_refused(runtime, tmp_path, monkeypatch):
    content = bytearray(runtime.read_bytes())
    content[20] ^= 1
    runtime.write_bytes(content)
    with pytest.raises(ValueError, match="its SHA-512 is"):
        _runtime.runtime_files(runtime)
    with Served(tmp_path / "registry") as served:
        monkeypatch.setenv("NPM_CONFIG_REGISTRY", served.url)
        with pytest.raises(ValueError, match="its SHA-512 is"):
            _runtime.runtime_files()
    assert not _runtime.cache_folder().exists()


def test_the_runtime_may_lie_in_a_folder(runtime, tmp_path):
    with tarfile.open(runtime) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    folder = tmp_path / "unpacked" / "package" / "dist"
    assert _runtime.runtime_files(folder) == _runtime.runtime_files(runtime)
    next(folder.iterdir()).unlink()
    with pytest.raises(ValueError, match="dist: holds no "):
        _runtime.runtime_files(folder)


# The scripts


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_scripts_are_small_and_local(script):
    text = script.read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) <= 400
    assert max(map(len, lines)) <= 100
    assert text.startswith(("//", "/**"))
    # Never a text as HTML or code, nor an address elsewhere.
    banned = r"innerHTML|insertAdjacentHTML|outerHTML|\beval\(|new Function|document\.write"
    assert not re.search(banned, text)
    code = "\n".join(line for line in lines if not line.lstrip().startswith("//"))
    addresses = set(re.findall(r"https?://[^\s\"'`]+", code))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    for imported in re.findall(r'(?:from|import) "([^"]+)"', text):
        assert imported.startswith("."), imported
        inside = (script.parent / imported).resolve()
        if inside.parent == PAGE / "motion":
            inside = MOTION / inside.name
        assert inside.is_file() or inside.parent == PAGE / "onnxruntime", imported


def test_scripts_have_no_syntax_errors():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here; the tests in a browser load all scripts, too")
    check = (
        "const { SourceTextModule } = await import('node:vm');"
        "const { readFileSync } = await import('node:fs');"
        "for (const identifier of process.argv.slice(1))"
        " new SourceTextModule(readFileSync(identifier, 'utf8'), { identifier });"
    )
    options = ["--no-warnings", "--experimental-vm-modules", "--input-type=module"]
    run = subprocess.run(
        [node, *options, "--eval", check, *map(str, SCRIPTS)],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_the_page_allows_only_itself():
    page = (PAGE / "index.html").read_text("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)[1]
    allowed = dict(part.split(" ", 1) for part in policy.split("; "))
    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert allowed["connect-src"] == allowed["style-src"] == "'self'"
    assert "unsafe-inline" not in policy
    # Relative, so that the folder may lie anywhere on a server.
    for address in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert not address.startswith(("/", "http")), address


def test_the_page_has_the_default_thresholds():
    found = dict(
        re.findall(r"\b(M[A-Z_]+) = ([\d.]+)", (PAGE / "sets" / "bouts.js").read_text())
        + re.findall(
            r"\b(M[A-Z_]+) = ([\d.]+)", (PAGE / "sets" / "repetitions.js").read_text()
        )
    )
    defaults = {
        name.upper(): parameter.default
        for name, parameter in inspect.signature(find_bouts).parameters.items()
        if name not in ("recording", "mark_before_s")  # the page shows no labels
    }
    assert {name: float(found[name]) for name in defaults} == defaults
