"""What nets take and return, and how they are pickled, cloned and shown."""

import pickle

import numpy as np
import pytest
from made_nets import ALL_RANDOM, cnn, cnn_gru, each_net, make_panel, same_weights
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils import estimator_html_repr
from skorch.callbacks import EarlyStopping

from sk_imu import (
    CNNClassifier,
    MultiplicativeNoise,
)

# ----------------------------------------------------------------------------------- input


@each_net
def test_float32_lists_and_read_only_arrays_are_equivalent(make):
    X, y = make_panel(dtype=np.float32)
    expected = make().fit(X, y)
    read_only = X.astype(np.float64)
    read_only.flags.writeable = False
    for same in (read_only, list(X), X.tolist(), np.asfortranarray(X), X[::-1][::-1]):
        clf = make().fit(same, y)
        assert same_weights(clf, expected)
        np.testing.assert_array_equal(clf.predict_proba(same), expected.predict_proba(X))


@each_net
def test_input_is_not_changed(make):
    X, y = make_panel(dtype=np.float32)
    X_before, y_before = X.copy(), y.copy()
    weight = np.ones(24)
    clf = make(augmenter=MultiplicativeNoise(), class_weight="balanced")
    clf.fit(X, y, sample_weight=weight).predict(X)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(weight, 1)


def test_a_2d_panel_has_one_channel():
    X, y = make_panel()
    flat = cnn().fit(X[:, 0], y)
    assert flat.n_features_in_ == flat.n_timesteps_in_ == 20
    assert flat.n_channels_in_ == 1
    assert same_weights(flat, cnn().fit(X[:, :1], y))


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        (np.s_[:, :, :-1], "X has 19 timesteps, but .* expecting 20"),
        (np.s_[:, :2], "X has 2 features, but .* expecting 3"),
        (np.s_[0], "X has 20 features, but .* expecting 3"),
    ],
)
@pytest.mark.parametrize("method", ["predict", "predict_proba", "staged_predict_proba"])
def test_predictions_need_the_shape_of_fit(method, cut, message):
    X, y = make_panel()
    clf = cnn(keep_epochs=True).fit(X, y)
    with pytest.raises(ValueError, match=message):
        list(getattr(clf, method)(X[cut]))


@pytest.mark.parametrize(
    "labels", [["rest", "squat", "plank"], [3, -1, 7], [2.0, 0.0, 1.0]]
)
def test_labels_of_any_kind_come_back(labels):
    X, y = make_panel()
    y = np.array(labels)[np.arange(24) % 3]
    clf = cnn().fit(X, y)
    assert clf.classes_.tolist() == sorted(labels)
    predicted = clf.predict(X)
    assert predicted.dtype == y.dtype
    np.testing.assert_array_equal(
        predicted, clf.classes_[clf.predict_proba(X).argmax(axis=1)]
    )


def test_a_row_is_predicted_alike_alone_and_among_others():
    X, y = make_panel(n_sets=60)
    clf = cnn_gru().fit(X, y)
    alone = np.concatenate([clf.predict_proba(row[np.newaxis]) for row in X])
    np.testing.assert_allclose(alone, clf.predict_proba(X), rtol=0, atol=1e-12)


def test_many_rows_are_predicted_in_parts():
    X, y = make_panel()
    clf = cnn().fit(X, y)
    many = clf.predict_proba(np.tile(X, (100, 1, 1)))
    np.testing.assert_allclose(many, np.tile(clf.predict_proba(X), (100, 1)), atol=1e-12)


def test_diverged_training_is_an_error():
    X, y = make_panel()
    clf = cnn(lr=1e9, lr_schedule=None, optimizer="sgd", batch_norm=False, max_epochs=20)
    with pytest.raises(ValueError, match=r"training diverged.*smaller lr"):
        clf.fit(X, y)
    with pytest.raises(ValueError, match=r"too large for dtype='float32'.*ChannelScaler"):
        cnn().fit(X * 1e200, y)


# --------------------------------------------------------------- estimator interface


@each_net
@pytest.mark.parametrize("early_stopping", [False, True])
def test_pickles_predict_and_continue_as_the_original(make, early_stopping):
    X, y = make_panel()
    clf = make(**{**ALL_RANDOM, "early_stopping": early_stopping}, warm_start=True)
    clf.set_params(verbose=1).fit(X, y).set_params(verbose=0)
    loaded = pickle.loads(pickle.dumps(clf))
    assert loaded.module_ is loaded.net_.module_
    np.testing.assert_array_equal(loaded.predict_proba(X), clf.predict_proba(X))
    assert len(list(loaded.staged_predict_proba(X))) == len(clf.history_)
    assert same_weights(loaded.fit(X, y), clf.fit(X, y))


def test_a_pickle_holds_no_training_rows():
    sizes = []
    for n_sets in (20, 2000):
        X, y = make_panel(n_sets=n_sets)
        clf = cnn(batch_size=None, early_stopping=True, augmenter=MultiplicativeNoise())
        sizes.append(len(pickle.dumps(clf.fit(X, y))))
    assert sizes[1] < sizes[0] * 1.05


def test_clones_are_unfitted_and_equal():
    X, y = make_panel()
    clf = cnn(callbacks=[("stop", EarlyStopping("train_loss"))], kernel_size=[3]).fit(X, y)
    copy = clone(clf)
    assert not hasattr(copy, "net_")
    with pytest.raises(NotFittedError):
        copy.predict(X)
    assert copy.kernel_size == [3]
    assert same_weights(copy.fit(X, y), clf)


def test_representations_show_what_was_set():
    assert repr(CNNClassifier(kernel_size=9)) == "CNNClassifier(kernel_size=9)"
    X, y = make_panel()
    # scikit-learn 1.8 with numpy 2.0 can't compare a number with a default of "auto".
    clf = cnn(augmenter=MultiplicativeNoise(fraction=0.125), max_epochs="auto").fit(X, y)
    html = estimator_html_repr(clf)
    assert "CNNClassifier" in html
    assert "0.125" in html
    assert "Fitted" in html
