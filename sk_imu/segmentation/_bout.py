"""One bout of exercise in a recording."""

from dataclasses import dataclass
from typing import Any

from ._repetitions import Repetition

#: Least agreement of a number of repetitions that is likely to be exact.
_SURE = 0.9


@dataclass(frozen=True)
class Bout:
    """One bout of exercise in a recording: a set.

    Parameters
    ----------
    start_s, end_s : float
        Start and end in seconds, on the recording's clock.
    confidence : float
        Mean confidence of its repetitions, at most 1.
    label : object, optional
        The label from an annotation, else the label of the recording.
    repetitions : tuple of Repetition, default=()
        Its repetitions.
    agreement : float, default=0.0
        Share of the phases at which a repetition could begin that give this number of
        repetitions, weighed by how well their repetitions fit.

    Examples
    --------
    >>> from sk_imu import Bout
    >>> Bout(12.0, 31.5, confidence=0.93, label="squat").duration_s
    19.5
    """

    start_s: float
    end_s: float
    confidence: float
    label: Any = None
    repetitions: tuple[Repetition, ...] = ()
    agreement: float = 0.0

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def within(self) -> int:
        """How many repetitions the true number is likely to be away, at most.

        0 if the agreement is at least 0.9, else 1, which reads "about 12". This held for 91
        to 99 % of the sets of four data sets, see ``docs/results/segmentation.rst``.
        """
        return int(self.agreement < _SURE)
