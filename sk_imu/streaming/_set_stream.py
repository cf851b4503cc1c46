"""What the streams of sets have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from numpy.typing import ArrayLike

from ..recording import Recording
from ._set_events import SetEvent, SetEvents


class SetStream(ABC):
    """Samples in, events of sets out."""

    _events: SetEvents

    @property
    def n_sets_(self) -> int:
        """Number of sets that ended."""
        return self._events.n_ended

    def push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None = None,
    ) -> list[SetEvent]:
        """Take samples of one sensor, and return what happened.

        Parameters
        ----------
        sensor : str
            Name of the sensor, such as ``"Gyroscope"``. Others than those of the stream are
            ignored.
        timestamps_s : array-like of shape (n_samples,)
            Time of each sample in seconds, on a clock that all sensors share.
        values : array-like of shape (n_samples, n_axes)
            Samples in the package's units: m/s², rad/s, rad.
        axes : sequence of str, default=None
            Name of each column. None takes the package's order, such as x, y and z.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time.

        Raises
        ------
        ValueError
            If shapes disagree, or an axis is missing.
        RuntimeError
            After :meth:`finish`.
        """
        return self._push(sensor, timestamps_s, values, axes)

    def finish(self) -> list[SetEvent]:
        """Return the last events; a set that goes on ends.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time. After that, only :meth:`reset` goes on.
        """
        return self._finish()

    def find_sets(self, recording: Recording) -> list[SetEvent]:
        """Return the events of a finished recording.

        They are those of a stream of its samples, and do not change the stream.

        Parameters
        ----------
        recording : Recording
            The recording.

        Returns
        -------
        events : list of SetEvent
            The events, in the order of time.

        Raises
        ------
        ValueError
            If the recording lacks a sensor or an axis.
        """
        return self._find_sets(recording)

    @abstractmethod
    def _push(
        self,
        sensor: str,
        timestamps_s: ArrayLike,
        values: ArrayLike,
        axes: Sequence[str] | None,
    ) -> list[SetEvent]: ...

    @abstractmethod
    def _finish(self) -> list[SetEvent]: ...

    @abstractmethod
    def _find_sets(self, recording: Recording) -> list[SetEvent]: ...
