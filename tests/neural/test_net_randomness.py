"""Two fits with one seed are bit-identical, and nothing outside a fit changes."""

import os
import pickle
from threading import Thread

import numpy as np
import pytest
import torch
from made_nets import (
    ALL_RANDOM,
    cnn,
    each_net,
    interrupt,
    make_panel,
    on,
    same_weights,
)
from sklearn.base import clone


@each_net
def test_same_random_state_gives_bit_identical_nets(make):
    X, y = make_panel()
    first = make(**ALL_RANDOM).fit(X, y)
    np.random.default_rng(0).random()
    torch.rand(3)  # other draws of the process have no effect
    second = clone(first).fit(X, y)
    assert same_weights(first, second)
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert same_weights(first, second.fit(X, y))  # neither has an earlier fit


def test_a_random_state_instance_continues_between_fits():
    X, y = make_panel()
    clf = cnn(random_state=np.random.RandomState(0))
    first = pickle.loads(pickle.dumps(clf.fit(X, y)))
    assert not same_weights(first, clf.fit(X, y))
    assert same_weights(first, cnn(random_state=np.random.RandomState(0)).fit(X, y))


@each_net
@pytest.mark.parametrize("states", [(0, 1), (None, None)])
def test_different_seeds_give_different_nets(make, states):
    X, y = make_panel()
    one, other = (make(random_state=state).fit(X, y) for state in states)
    assert not same_weights(one, other)


def fail(net, **kwargs):
    raise RuntimeError("on purpose")


@pytest.mark.parametrize("do", [None, interrupt, fail])
def test_global_generators_and_threads_are_not_touched(do):
    X, y = make_panel()
    torch.set_num_threads(2)
    torch_state = torch.random.get_rng_state()
    numpy_state = np.random.get_state()[1].tolist()  # noqa: NPY002
    callbacks = None if do is None else [on("on_batch_end", do)]
    clf = cnn(**ALL_RANDOM, callbacks=callbacks)
    if do is None:
        clf.fit(X, y).predict(X)
        clf.partial_fit(X, y)
        list(clf.staged_predict_proba(X))
    else:
        with pytest.raises((KeyboardInterrupt, RuntimeError)):
            clf.fit(X, y)
        assert not hasattr(clf, "net_")
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.random.get_state()[1].tolist() == numpy_state  # noqa: NPY002
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize(
    ("n_jobs", "expected"), [(None, 1), (1, 1), (2, 2), (-1, os.cpu_count())]
)
def test_n_jobs_is_the_number_of_torch_threads(n_jobs, expected):
    seen = []
    spy = on("on_batch_end", lambda net, **_: seen.append(torch.get_num_threads()))
    X, y = make_panel()
    cnn(n_jobs=n_jobs, callbacks=[spy]).fit(X, y)
    assert set(seen) == {expected}


def test_fits_in_parallel_threads_are_reproducible():
    X, y = make_panel()
    alone = [cnn(random_state=seed, dropout=0.5).fit(X, y) for seed in range(4)]
    together = [clone(clf) for clf in alone]
    threads = [Thread(target=clf.fit, args=(X, y)) for clf in together]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(map(same_weights, alone, together))
