from xml.etree import ElementTree as ET

import matplotlib as mpl
import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from made_results import CLASSES, MODELS, PROTOCOLS, full_results, make_results
from sklearn.metrics import roc_auc_score

from sk_imu import displays
from sk_imu.report import _figures as figures
from sk_imu.report import write_figures
from sk_imu.study import StudyResults


@pytest.fixture(scope="module")
def results():
    return make_results()


def figures_of(results):
    return {drawing.name: drawing.figure for drawing in figures._figures(results)}


def legend_of(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def note_of(figure):
    return " ".join(figure.get_supxlabel().split())


@pytest.mark.slow
def test_files_are_written(results, tmp_path):
    paths = write_figures(results, tmp_path / "new" / "folder")
    names = [
        "resampling",
        "loss_curves",
        *(f"{name}_{protocol}" for protocol in PROTOCOLS for name in ("roc", "confusion")),
        "people",
    ]
    assert [path.name for path in paths] == [
        f"{name}.{ending}" for name in names for ending in ("png", "svg")
    ]
    for path in paths:
        assert path.parent == tmp_path / "new" / "folder"
        if path.suffix == ".svg":
            assert ET.parse(path).getroot().tag.endswith("}svg")
            continue
        assert path.read_bytes().startswith(b"\x89PNG")
        height, width, _ = mpl.image.imread(path).shape
        assert 400 < height < 3000
        assert 800 < width < 3000


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Return results and a folder with old files where their figures were written."""
    folder = tmp_path_factory.mktemp("written")
    for name in ("people.png", "people.svg", "roc_of-old.png", "mine.png"):
        (folder / name).write_bytes(b"old")
    results = make_results(models=["rf"], protocols=["unseen-people"])
    before = dict(mpl.rcParams)
    paths = write_figures(results, folder)
    assert dict(mpl.rcParams) == before
    assert not plt.get_fignums()
    return results, folder, paths


def test_a_full_disk_leaves_the_figures_that_are_there(written, monkeypatch):
    results, folder, _ = written
    before = {path: path.read_bytes() for path in folder.iterdir()}

    def savefig(figure, path, **options):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", savefig)
    with pytest.raises(OSError, match="No space left"):
        write_figures(results, folder)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_figures_of_an_earlier_run_are_removed(written):
    _, folder, paths = written
    assert set(folder.iterdir()) == {*paths, folder / "mine.png"}
    assert (folder / "people.png").read_bytes() != b"old"


def test_titles_have_data_protocol_and_budget(results):
    for name, figure in figures_of(results).items():
        title = figure.get_suptitle()
        assert "gym" in title
        assert "some" not in title
        if name != "resampling":
            assert "quick budget" in title
        for protocol in PROTOCOLS:
            if name.endswith(f"_{protocol}"):
                assert PROTOCOLS[protocol].title in title
    full = figures_of(make_results(budget="full"))["people"]
    assert "full budget, 3 folds, 12 test rows" in full.get_suptitle()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_auc_is_that_of_sklearn(results, protocol):
    figure = figures_of(results)[f"roc_{protocol}"]
    everything = results.predictions
    for ax, model in zip(figure.axes, MODELS, strict=True):
        rows = everything.query(
            "part == 'test' and protocol == @protocol and model == @model"
        )
        areas = [
            roc_auc_score(rows["y_true"] == label, rows[f"score_{label}"])
            for label in CLASSES
        ]
        expected = [
            f"{area:.3f} {label}" for area, label in zip(areas, CLASSES, strict=True)
        ]
        assert legend_of(ax) == [*expected, f"{np.mean(areas):.3f} macro average"]
        if model != "svm":
            scores = rows[[f"score_{label}" for label in CLASSES]]
            macro = roc_auc_score(rows["y_true"], scores, multi_class="ovr")
            assert np.mean(areas) == pytest.approx(macro)
    assert "decision values" in figure.axes[1].get_title()


def test_class_that_is_missing_in_the_test_sets_is_left_out(results):
    rows = results.predictions
    gone = (rows["y_true"] == "lunge") & (rows["part"] == "test")
    fewer = make_results()
    fewer.predictions = rows[~gone]
    figure = figures_of(fewer)["roc_unseen-sets"]
    assert not any("lunge" in text for ax in figure.axes for text in legend_of(ax))
    note = "Left out: lunge (not in the test sets) for RF, SVM, CNN."
    assert note in note_of(figure)


def test_class_without_scores_in_a_fold_is_left_out():
    results = make_results(models=["rf"], protocols=["unseen-people"])
    rows = results.predictions
    rows.loc[rows["fold"] == "subject P0", "score_curl"] = np.nan
    figure = figures_of(results)["roc_unseen-people"]
    assert "curl (not scored in every fold) for RF" in note_of(figure)


def test_only_one_class_in_the_test_sets(tmp_path):
    results = make_results(models=["rf"], protocols=["unseen-sets"])
    rows = results.predictions
    results.predictions = rows[(rows["part"] == "train") | (rows["y_true"] == "curl")]
    figure = figures_of(results)["roc_unseen-sets"]
    assert "curl (nothing else in the test sets)" in note_of(figure)
    assert figure.axes[0].get_legend() is None
    write_figures(results, tmp_path)


def test_confusion_counts(results):
    figure = figures_of(results)["confusion_unseen-people"]
    rows = results.predictions.query("part == 'test' and protocol == 'unseen-people'")
    for ax, model in zip(figure.axes, MODELS, strict=True):
        here = rows[rows["model"] == model]
        counts = pd.crosstab(here["y_true"], here["y_pred"])
        counts = counts.reindex(index=CLASSES, columns=CLASSES, fill_value=0).to_numpy()
        shown = [text.get_text() for text in ax.texts]
        shares = counts / counts.sum(axis=1, keepdims=True)
        assert shown == [
            f"{share:.0%}\n{count}" if count else ""
            for count, share in zip(counts.ravel(), shares.ravel(), strict=True)
        ]
        accuracy = (here["y_true"] == here["y_pred"]).mean()
        assert ax.get_title() == f"{model.upper()}, accuracy {accuracy:.3f}"


def test_loss_curves_of_folds_that_differ_in_epochs():
    results = make_results(protocols=["unseen-sets"])
    figure = figures_of(results)["loss_curves"]
    (ax,) = figure.axes
    lines = {tuple(line.get_xdata()): line.get_ydata() for line in ax.lines[-2:]}
    # The mean of two folds ends with the shorter one; the longer goes on alone.
    np.testing.assert_allclose(lines[1, 2, 3], 0.5 + 1 / np.arange(1, 4))
    np.testing.assert_allclose(lines[3, 4, 5], 1 + 1 / np.arange(3, 6))
    assert "differ in their number of epochs" in note_of(figure)


def test_loss_curves_of_folds_alike():
    results = make_results(protocols=["unseen-sets"])
    results.curves = results.curves[results.curves["epoch"] <= 3]
    note = note_of(figures_of(results)["loss_curves"])
    assert "Band" in note
    assert "number of epochs" not in note
    results.curves = results.curves[results.curves["fold"] == "split 1"]
    assert "Band" not in note_of(figures_of(results)["loss_curves"])


@pytest.mark.slow
def test_net_that_was_not_run_under_a_protocol(tmp_path):
    results = make_results(protocols=["unseen-sets", "unseen-people"])
    gru = results.curves[results.curves["protocol"] == "unseen-people"].assign(model="gru")
    results.curves = pd.concat([results.curves, gru])
    axes = figures_of(results)["loss_curves"].axes
    assert [len(ax.texts) for ax in axes] == [0, 1, 0, 0]
    assert axes[1].texts[0].get_text() == "not run"
    write_figures(results, tmp_path)


@pytest.mark.slow
def test_loss_that_is_not_a_number(tmp_path):
    results = make_results(protocols=["unseen-sets"])
    results.curves["test_loss"] = np.nan
    assert write_figures(results, tmp_path)


def test_people_worst_at_the_bottom(results):
    (ax,) = figures_of(results)["people"].axes
    rows = results.predictions.query("part == 'test' and protocol == 'unseen-people'")
    hits = (rows["y_true"] == rows["y_pred"]).groupby([rows["subject"], rows["model"]])
    order = hits.mean().unstack().mean(axis=1).sort_values().index
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert names == [*(f"{subject} (4 sets)" for subject in order), "Mean"]
    marks = {line.get_label().split()[0]: line.get_xdata() for line in ax.lines}
    for model in MODELS:
        expected = [hits.mean()[subject, model] for subject in order]
        np.testing.assert_allclose(marks[model.upper()], expected)
    # Each has done as many sets, so that the mean over people is that over sets.
    texts = [text.split(" (")[0] for text in legend_of(ax)]
    means = (rows["y_true"] == rows["y_pred"]).groupby(rows["model"]).mean()
    assert texts == [f"{model.upper()} {means[model]:.3f}" for model in MODELS]


def test_resampling_shows_the_same_stretch_of_each(results):
    figure = figures_of(results)["resampling"]
    as_recorded, uniform, fixed = (ax.get_xlim() for ax in figure.axes[1::2])
    assert as_recorded == pytest.approx(uniform)
    duration_s = 189 / 50
    assert np.array(fixed) / 63 == pytest.approx(np.array(uniform) / duration_s)
    for ax in figure.axes[1::2]:
        assert all(len(line.get_xdata()) >= 10 for line in ax.lines)
    assert figure.axes[2].get_ylabel() == "Accelerometer (m/s²)"


def test_what_is_missing_has_no_figure(tmp_path):
    results = make_results(models=["rf"], protocols=["unseen-people"], n_people=0)
    results.example = {}
    names = [path.stem for path in write_figures(results, tmp_path)]
    assert names[::2] == names[1::2] == ["roc_unseen-people", "confusion_unseen-people"]
    results.predictions = pd.DataFrame()
    assert write_figures(results, tmp_path) == []


def test_one_model_one_fold_two_classes(tmp_path):
    results = make_results(["no", "yes"], ["cnn"], ["unseen-people"], n_people=1)
    assert len(write_figures(results, tmp_path)) == 2 * 5


@pytest.mark.slow
def test_labels_of_any_text(tmp_path):
    labels = [
        *("$a", "$b$", "_hidden", "", "深蹲", "two\nlines", "<b>", "%s {}", "None"),
        "a very long name of an exercise that nobody would want to read twice",
        *(f"class {i}" for i in range(8)),
    ]
    results = make_results(labels, ["rf"], ["unseen-sets"])
    assert len(write_figures(results, tmp_path)) == 2 * 3
    drawn = figures_of(results)
    legend = drawn["roc_unseen-sets"].axes[0].get_legend()
    assert legend.get_title().get_text() == "AUC, 10 lowest"
    assert len(legend.get_texts()) == 11
    # That many counts would not be read in the matrix.
    assert not drawn["confusion_unseen-sets"].axes[0].texts


def test_shown():
    assert displays.shown("lunge") == "lunge"
    assert displays.shown(" a\n b ") == "a b"
    assert displays.shown("abcdefghij", 7) == "abc…hij"
    assert displays.shown("abcdefghij", 8) == "abcd…hij"


@pytest.mark.slow
def test_drawn_alike_from_what_was_saved(tmp_path):
    results = full_results(protocols=["unseen-people"])
    results.save(tmp_path)
    loaded = StudyResults.load(tmp_path)
    paths = write_figures(results, tmp_path / "new")
    for path, other in zip(paths, write_figures(loaded, tmp_path), strict=True):
        assert path.name == other.name
        assert path.read_bytes() == other.read_bytes()
