"""The examples run, and end with the numbers that their text reports."""

import runpy
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch

SCRIPTS = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))

# Variables of each script and their values. Without training, tolerances cover rounding;
# one watch set of 140 is 0.007, and networks differ slightly between machines.
QUICK = {
    "plot_01_first_recording": {
        "n_warnings": 3,
        "longest_gap_s": pytest.approx(0.82, abs=0.01),
    },
    "plot_02_one_clock": {
        "interpolation_error_percent": pytest.approx(0.053, abs=0.002),
        "error_percent": {
            "as if one clock": pytest.approx(140, abs=10),
            "linear": pytest.approx(0.77, abs=0.02),
            "quintic": pytest.approx(0.053, abs=0.002),
        },
    },
    "plot_04_augmentation": {"share_changed": pytest.approx(0.3, abs=0.002)},
}
SLOW = {
    "plot_03_sets_and_repetitions": {"n_true": 243, "n_found": 243, "n_real_exact": 10},
    "plot_05_pipeline_grid_search": {"best_accuracy": pytest.approx(0.964, abs=0.015)},
    "plot_06_networks_and_others": {
        "accuracy_by_model": {
            "rf": pytest.approx(0.936, abs=0.03),
            "svm": pytest.approx(0.964, abs=0.015),
            "cnn-gru": pytest.approx(0.943, abs=0.04),
        }
    },
    "plot_07_leaks": {
        "leak_points": pytest.approx(47, abs=10),
        "heights": pytest.approx([1.0, 0.53, 0.998, 0.87, 0.929], abs=0.05),
        "n_leaking_rows": 72,
    },
    "plot_08_unseen_people": {
        "accuracy_by_model": {
            "svm": pytest.approx(0.964, abs=0.015),
            "rf": pytest.approx(0.950, abs=0.03),
            "neighbor": pytest.approx(0.879, abs=0.015),
        },
    },
    "plot_09_your_own_parts": {"accuracy": pytest.approx(0.93, abs=0.06)},
    "plot_10_sktime_benchmark": {
        "accuracy_by_model": {
            "CNN": pytest.approx(1.0, abs=0.03),
            "CNN-GRU": pytest.approx(1.0, abs=0.03),
            "GRU": pytest.approx(1.0, abs=0.05),
            "summary forest": pytest.approx(1.0, abs=0.03),
            "most frequent": 0.25,
        }
    },
    "plot_11_real_time": {"repetitions": [9, 12, 12, 10, 9, 12]},
}


@pytest.fixture
def run():
    """Run a script and return its variables; restore the global state afterwards."""
    state = torch.get_rng_state()

    def run_script(name):
        (script,) = (path for path in SCRIPTS if path.stem == name)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")
            return runpy.run_path(str(script))

    yield run_script
    plt.close("all")
    torch.set_rng_state(state)


def check_figures():
    figures = [plt.figure(number) for number in plt.get_fignums()]
    assert figures
    for figure in figures:
        figure.draw_without_rendering()
        labels = [figure.get_supxlabel()]
        for ax in figure.axes:
            assert ax.has_data()
            labels += [ax.get_xlabel(), ax.get_ylabel()]
        assert any(labels)


@pytest.mark.parametrize("name", QUICK)
def test_quick_example_ends_with_its_number(run, name):
    names = run(name)
    assert {variable: names[variable] for variable in QUICK[name]} == QUICK[name]
    check_figures()


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_example_ends_with_its_number(run, name):
    names = run(name)
    assert {variable: names[variable] for variable in SLOW[name]} == SLOW[name]
    check_figures()


def test_every_example_is_run():
    assert {path.stem for path in SCRIPTS} == QUICK.keys() | SLOW.keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_example_is_short(script):
    assert len(script.read_text("utf-8").splitlines()) < 80
