"""Model files: the same answers after loading, and no code run from them."""

import pickle

import numpy as np
import pytest
import skops.io
import torch
from numpy.testing import assert_array_equal
from sklearn.ensemble import RandomForestClassifier
from sklearn.preprocessing import FunctionTransformer
from test_study import make_sets

from sk_imu import CNNGRUClassifier
from sk_imu.persistence import load_model, save_model
from sk_imu.study import MODELS, make_pipeline_for


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fixed_length", [None, 64])
def test_a_loaded_pipeline_answers_as_before(name, fixed_length, tmp_path):
    sets = make_sets(n_subjects=2)
    pipeline = make_pipeline_for(name, random_state=0, fixed_length=fixed_length)
    epochs = {key: 2 for key in pipeline.get_params() if key.endswith("max_epochs")}
    pipeline.set_params(**epochs).fit(sets, [recording.label for recording in sets])
    save_model(pipeline, tmp_path / "model.skops")
    loaded = load_model(tmp_path / "model.skops")
    method = "predict_proba" if hasattr(pipeline, "predict_proba") else "decision_function"
    assert_array_equal(getattr(loaded, method)(sets), getattr(pipeline, method)(sets))
    # The model at hand is as it was, and the loaded one can be saved again.
    assert_array_equal(loaded.predict(sets), pipeline.predict(sets))
    save_model(loaded, tmp_path / "again.skops")


def test_a_loaded_net_leaves_torch_alone_and_can_be_fitted_again(tmp_path):
    X = np.random.default_rng(0).normal(size=(12, 3, 40))
    y = ["rest", "squat"] * 6
    clf = CNNGRUClassifier(max_epochs=2, batch_size=4, random_state=0).fit(X, y)
    save_model(clf, tmp_path / "net.skops")
    before = torch.get_rng_state()
    loaded = load_model(tmp_path / "net.skops")
    assert torch.equal(torch.get_rng_state(), before)
    assert_array_equal(loaded.fit(X, y).predict_proba(X), clf.predict_proba(X))


def test_a_pickle_is_not_read(tmp_path):
    path = tmp_path / "model.skops"
    path.write_bytes(pickle.dumps({"model": 1}))
    with pytest.raises(ValueError, match=r"model\.skops: can't be read as a model"):
        load_model(path)


def test_missing_and_foreign_files_are_named(tmp_path):
    with pytest.raises(ValueError, match=r"none\.skops: can't be read"):
        load_model(tmp_path / "none.skops")
    skops.io.dump({"something": "else"}, tmp_path / "other.skops")
    with pytest.raises(ValueError, match=r"other\.skops: .* no model of sk_imu"):
        load_model(tmp_path / "other.skops")


def test_types_of_others_are_refused_when_saving_and_loading(tmp_path):
    path = tmp_path / "model.skops"
    model = FunctionTransformer(print).fit(np.zeros((2, 2)))
    with pytest.raises(ValueError, match="not known to be safe: builtins.print"):
        save_model(model, path)
    assert not path.exists()
    skops.io.dump({"format": "sk_imu model 1", "model": model}, path)
    with pytest.raises(ValueError, match="not known to be safe: builtins.print"):
        load_model(path)


def test_a_tree_that_points_outside_itself_is_refused(tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 2))
    forest = RandomForestClassifier(2, random_state=0).fit(X, X[:, 0] > 0)
    tree = forest.estimators_[0].tree_
    inner = int(np.flatnonzero(tree.children_left >= 0)[0])
    state = tree.__getstate__()
    state["nodes"]["left_child"][inner] = tree.node_count + 1000
    tree.__setstate__(state)
    save_model(forest, tmp_path / "forest.skops")
    with pytest.raises(ValueError, match=r"forest\.skops: holds a broken decision tree"):
        load_model(tmp_path / "forest.skops")
