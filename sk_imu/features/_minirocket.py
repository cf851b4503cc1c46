"""MiniRocket's features of each set, for scikit-learn's linear classifiers."""

from numbers import Integral
from threading import Lock
from typing import Any, ClassVar

import numpy as np
from joblib import effective_n_jobs
from numpy.typing import NDArray
from sklearn.base import ClassNamePrefixFeaturesOutMixin
from sklearn.utils import Tags, check_random_state, gen_batches
from sklearn.utils.validation import check_is_fitted

from .._sklearn import Interval
from ..validation import Panel, SeriesTransformer, check_panel
from ._ridge import BATCH_ROWS

#: The length of every kernel, and how many there are with 3 of its 9 weights positive.
_KERNEL_SIZE, _N_KERNELS = 9, 84
#: The parameters that sktime learns, in its order.
_LEARNED = ("n_channels", "channels", "dilations", "n_biases", "biases")
#: Held while sktime draws from NumPy's global generator; parallel fits would mix draws.
_SHARED_GENERATOR = Lock()


class MiniRocketFeatures(ClassNamePrefixFeaturesOutMixin, SeriesTransformer):
    """Describe each set by MiniRocket, by its responses to random kernels.

    84 fixed kernels of nine timesteps, stretched to several lengths, are applied to random
    choices of channels. A feature is the share of timesteps at which the response exceeds a
    threshold drawn from the training sets. With a linear classifier it is fast and, on few
    sets, among the most accurate models.

    The channels of one kernel are summed, so bring them to one scale first by a
    :class:`~sk_imu.ChannelScaler`. Needs the extra ``rocket``. The code is compiled on
    first use, which takes some seconds, and is kept on disk.

    Parameters
    ----------
    num_kernels : int, default=10000
        Approximate number of features: rounded down to a multiple of 84, at least 84.
    n_jobs : int or None, default=None
        Number of threads of ``transform``, at most those available; None is one, -1 all.
        The features do not depend on it.
    random_state : int, RandomState instance or None, default=None
        Random seed of the channels and of the sets from which thresholds are drawn.

    Attributes
    ----------
    kernels_ : dict of str to ndarray
        The learned parameters, as arrays: the number of channels of each dilation and
        kernel (``n_channels``) and their indices (``channels``); the ``dilations`` in
        timesteps, and the number of thresholds that each kernel has there (``n_biases``);
        the thresholds (``biases``), one per feature.
    n_channels_in_ : int
        Number of channels.
    n_timesteps_in_ : int
        Number of timesteps.
    n_features_in_ : int
        Number of channels, or of timesteps where X is 2-D.

    Raises
    ------
    ImportError
        If numba is not installed.
    ValueError
        If a parameter or X is invalid, or the sets are shorter than 9 timesteps or differ
        in length.

    See Also
    --------
    MiniRocketClassifier : Ridge regression on these features, in little memory.
    SummaryFeatures : Statistics of each channel, for sets of any length.
    FromSktime : Use sktime's classifiers.

    References
    ----------
    A. Dempster, D. F. Schmidt and G. I. Webb (2021). MiniRocket: a very fast (almost)
    deterministic transform for time series classification. Proceedings of the 27th ACM
    SIGKDD Conference on Knowledge Discovery and Data Mining, 248-257.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import RidgeClassifierCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sk_imu import MiniRocketFeatures, WindowedClassifier
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["rest", "squat"], 10)
    >>> X = [rng.normal(size=(3, rng.integers(80, 120))) for _ in y]
    >>> X[10:] = [series.cumsum(axis=1) for series in X[10:]]
    >>> rocket = make_pipeline(
    ...     MiniRocketFeatures(num_kernels=500, random_state=0),
    ...     StandardScaler(),
    ...     RidgeClassifierCV(np.logspace(-3, 3, 7)),
    ... )
    >>> WindowedClassifier(rocket, n_timesteps=64).fit(X, y).score(X, y)
    1.0
    """

    _parameter_constraints: ClassVar[dict[str, Any]] = {
        "num_kernels": [Interval(Integral, 1, None, closed="left")],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
    }
    _check_input = staticmethod(check_panel)

    def __init__(
        self,
        num_kernels: int = 10_000,
        *,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.num_kernels = num_kernels
        self.n_jobs = n_jobs
        self.random_state = random_state

    def _learn(self, series: Panel) -> None:
        if self.n_timesteps_in_ < _KERNEL_SIZE:
            raise ValueError(
                f"MiniRocketFeatures: a series of {self.n_timesteps_in_} timestep(s) is "
                f"too short; the kernels need {_KERNEL_SIZE}. Use longer windows or sets, "
                f"for example by FixedLength({_KERNEL_SIZE})."
            )
        # sktime takes an int of Python that fits int32, and no RandomState.
        seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        rocket = _rocket(num_kernels=int(self.num_kernels), random_state=seed)
        # sktime seeds NumPy's global generator; the user's draws must not change.
        with _SHARED_GENERATOR:
            before = np.random.get_state()  # noqa: NPY002
            try:
                # The inner method, because the outer one checks and converts once more.
                rocket._fit(series)
            finally:
                np.random.set_state(before)  # noqa: NPY002
        # Only arrays: they pickle with any version of sktime, and fit into a model file.
        self.kernels_ = dict(zip(_LEARNED, rocket.parameters, strict=True))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Compute the features.

        Parameters
        ----------
        X : list of arrays or array
            The sets, uniform and of the length of those of ``fit``, or panel.

        Returns
        -------
        X_new : ndarray of shape (n_sets, n_features)
            Shares of timesteps, from 0 to 1, dilation by dilation.
        """
        check_is_fitted(self)
        return self._table(check_panel(self, X, reset=False))

    def _table(self, panel: Panel) -> NDArray[np.float32]:
        rocket = _rocket(n_jobs=effective_n_jobs(self.n_jobs))
        rocket.parameters = self._checked_kernels(*panel.shape[1:])
        table = np.empty((len(panel), self._n_features_out), dtype=np.float32)
        # In batches, because sktime returns a copy as a data frame.
        for rows in gen_batches(len(panel), BATCH_ROWS):
            table[rows] = rocket._transform(panel[rows])
        return table

    # By it, scikit-learn's mixin numbers the names of the columns.
    @property
    def _n_features_out(self) -> int:
        return len(self.kernels_["biases"])

    def _checked_kernels(self, n_series: int, n_timesteps: int) -> tuple[Any, ...]:
        """Refuse kernels that reach beyond a set, because compiled code checks nothing."""
        kernels = tuple(np.asarray(self.kernels_[name]) for name in _LEARNED)
        n_channels, channels, dilations, n_biases, biases = kernels
        sound = (
            all(array.ndim == 1 for array in kernels)
            # Wider integers could overflow in these very checks.
            and all(array.dtype == np.int32 for array in kernels[:-1])
            and biases.dtype == np.float32
            and n_timesteps >= _KERNEL_SIZE
            and len(n_channels) == _N_KERNELS * len(dilations)
            and len(n_biases) == len(dilations)
            and (n_channels >= 1).all()
            and len(channels) == n_channels.sum(dtype=np.int64)
            and ((channels >= 0) & (channels < n_series)).all()
            and (dilations >= 1).all()
            and ((_KERNEL_SIZE - 1) * dilations.astype(np.int64) < n_timesteps).all()
            and (n_biases >= 0).all()
            and len(biases) == _N_KERNELS * n_biases.sum(dtype=np.int64)
        )
        if not sound:
            raise ValueError(
                f"MiniRocketFeatures: kernels_ don't fit sets of {n_series} channels and "
                f"{n_timesteps} timesteps. They were changed after fit; fit it again."
            )
        return kernels

    def __sklearn_tags__(self) -> Tags:
        """Declare that the output is always float32."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def _rocket(n_jobs: int = 1, **parameters: Any) -> Any:
    """Return sktime's transformer, or raise an ImportError without numba."""
    try:
        import numba
    except ImportError as error:
        raise ImportError(
            'MiniRocketFeatures needs numba: pip install "sk_imu[rocket]".'
        ) from error
    from sktime.transformations.rocket import MiniRocketMultivariate

    # numba fails if asked for more threads than it was started with.
    n_jobs = min(n_jobs, numba.config.NUMBA_NUM_THREADS)  # type: ignore[attr-defined]
    return MiniRocketMultivariate(n_jobs=n_jobs, **parameters)
