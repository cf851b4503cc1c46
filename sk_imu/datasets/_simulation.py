"""Simulated exercises, as a phone on the body would record them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from sklearn.utils import Bunch, check_random_state

from ..recording import Recording, SensorStream
from ._exercise_motions import COORDINATES, EXERCISES, PLACEMENTS, Pose, bump, step
from ._found_files import make_bunch
from ._gym_motions import Additions
from ._phone_motion import PhoneMotion
from ._phone_sensors import (
    ACCELEROMETER_HZ,
    IDEAL_HZ,
    LATEST_START_S,
    ideal_streams,
    phone_streams,
)

Floats = NDArray[np.float64]

#: Unix time of the first recording's second 0; each next one is an hour later.
EPOCH_NS, HOUR_NS = 1_700_000_000_000_000_000, 3_600_000_000_000
GRID_HZ = 200.0
MARGIN_S = 0.5

DESCR = """\
Simulated exercise recordings
-----------------------------

Simulated: no person did any of this. The exercises are paths of thigh, trunk and arm,
and the values are those of a phone on that body. They are meant for tests, teaching and
trying out a study; the accuracy of a model on them says nothing about people.

:Movement: closed forms for joint angles and the path of the hip (a squat rotates shank
    and thigh about ankle and knee; in a jumping jack the body leaves the ground, where
    only gravity acts), with segment lengths from Winter [1]_ for a body of 1.75 m
:People: differ in tempo (0.8 to 1.25), amplitude (0.8 to 1.15), fatigue (a set's last
    repetition takes up to 25 % longer and is up to 12 % smaller), pauses, side, and in
    how and at what angle they carry the phone; repetitions scatter by 3 %
:Rests: swaying while standing, and now and then one turn or step
:Sensors: Accelerometer (without gravity), Gravity and TotalAcceleration in m/s² at
    52.713 Hz; Gyroscope in rad/s and Orientation (unit quaternion from the phone's to
    the world's axes, angles in rad as on Android) at 59.566 to 60.402 Hz; each
    with its own start (up to 0.4 s late), drift (±0.1 %) and jitter (0.5 ms)
:Sensor errors: accelerometer noise 180 µg/√Hz, offset ±40 mg taken as two standard
    deviations; gyroscope noise 0.008 °/s/√Hz (typical figures of the Bosch BMI160 [2]_);
    chosen, not from a data sheet: a gyroscope offset of 0.1 °/s after the phone's own
    calibration, an attitude error of 1° (constant), ranges of 8 g and 2000 °/s

.. rubric:: References

.. [1] D. A. Winter (2009). Biomechanics and Motor Control of Human Movement, 4th
   edition, Wiley, figure 4.1.
.. [2] Bosch Sensortec (2015). BMI160 data sheet, BST-BMI160-DS000-07.
"""


@dataclass(frozen=True)
class _Person:
    tempo: float
    amplitude: float
    fatigue: float
    pause_s: float
    side: str
    carries: Rotation

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "_Person":
        # The phone's long axis (y) points up or down, its screen (z) outward or inward.
        upright = Rotation.from_matrix([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
        quarter = Rotation.from_rotvec([0.0, 0.0, np.pi * rng.integers(2)])
        turned = Rotation.from_rotvec([0.0, np.pi * rng.integers(2), 0.0])
        tilt = Rotation.from_rotvec(rng.normal(0, np.deg2rad(8), 3))
        return cls(
            tempo=rng.uniform(0.8, 1.25),
            amplitude=rng.uniform(0.8, 1.15),
            fatigue=rng.uniform(0.0, 0.25),
            pause_s=rng.uniform(0.0, 0.2),
            side=str(rng.choice(["left", "right"])),
            carries=tilt * upright * quarter * turned,
        )


def make_exercise_recordings(
    n_subjects: int = 5,
    n_sets: int = 10,
    exercises: Sequence[str] = ("jumping_jack", "lunge", "squat"),
    *,
    placement: str = "front pocket",
    n_repetitions: tuple[int, int] = (8, 12),
    rest_s: tuple[float, float] = (8.0, 20.0),
    sensors: Literal["phone", "ideal"] = "phone",
    continuous: bool = True,
    handling: float = 0.0,
    slowing: float = 0.0,
    double_peaks: float = 0.0,
    walking_s: float = 0.0,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Simulate recordings of exercises with known sets and repetitions.

    Nothing in them comes from a person: they are joint angles over time, for people who
    differ in tempo, amplitude, fatigue and in how they carry the phone, measured by a
    phone with several clocks, noise and offsets.  Use them for tests and teaching, and
    call every result on them simulated.

    Parameters
    ----------
    n_subjects : int, default=5
        Number of people.
    n_sets : int, default=10
        Number of sets of each exercise by each person.
    exercises : sequence of str, default=("jumping_jack", "lunge", "squat")
        Any of ``"calf_raise"``, ``"high_knees"``, ``"jumping_jack"``, ``"lunge"``,
        ``"side_leg_raise"`` and ``"squat"``.
    placement : {"front pocket", "upper arm", "waist"}, default="front pocket"
        The place of the phone on the body.
    n_repetitions : (int, int), default=(8, 12)
        Least and largest number of repetitions in a set.
    rest_s : (float, float), default=(8.0, 20.0)
        Least and largest length in seconds of the rests before, between and after sets.
    sensors : {"phone", "ideal"}, default="phone"
        Whether every sensor has its own clock, noise and offset, or all give true values
        at 100 Hz.
    continuous : bool, default=True
        Return one recording of all sets with rests for each person and exercise.
        Otherwise each set is a recording, with half a second before and after it.
    handling : float, default=0.0
        Size of the movements of taking a weight before each set and racking it after it:
        about 0.8 rad of the arm and 0.4 rad of the thigh at 1.
    slowing : float, default=0.0
        By which share the last repetition of a set takes longer than it would, as sets up
        to failure do. The ones before grow quadratically.
    double_peaks : float, default=0.0
        By which share, at most 1, a movement comes back in the middle of a repetition
        before it goes on.
    walking_s : float, default=0.0
        Seconds for which people walk up before each set and away after it.
    random_state : int, RandomState instance or None, default=None
        Random seed.  With the same seed, a person stays the same whatever the number of
        people.

    Returns
    -------
    data : :class:`~sklearn.utils.Bunch`
        As all functions of :mod:`sk_imu.datasets` return; ``DESCR`` has the parameters of
        people and sensors. The recordings have the streams ``Accelerometer`` (without
        gravity), ``Gravity``, ``TotalAcceleration``, ``Gyroscope`` and ``Orientation``,
        ``subject`` counts from 1, and ``sampling_rate_hz`` is that of the accelerometer.
        Besides:

        side : ndarray of str of shape (n_recordings,)
            ``"left"`` or ``"right"``, the side the phone is on.
        placement : ndarray of str of shape (n_recordings,)
            The place of the phone on the body.
        bouts : list of ndarray of shape (n_sets, 2)
            First and last second of each set on the recording's clock.
        repetitions : list of ndarray of shape (n_repetitions_i, 2)
            First and last second of each repetition in the recording.

    Raises
    ------
    ValueError
        If an exercise, the placement or the sensors are unknown, a number is out of
        range, or the rests are too short for walking and handling.

    Examples
    --------
    >>> from sk_imu.datasets import make_exercise_recordings
    >>> made = make_exercise_recordings(
    ...     n_subjects=1, n_sets=3, exercises=["squat"], random_state=0
    ... )
    >>> made.data[0].source
    'simulated: person 1, squat'
    >>> made.bouts[0].shape
    (3, 2)
    >>> len(make_exercise_recordings(2, 3, continuous=False).data)
    18
    """
    _check(n_subjects, n_sets, exercises, placement, n_repetitions, rest_s, sensors)
    additions = Additions(handling, slowing, double_peaks, walking_s)
    additions.check(rest_s)
    # One generator for each person and each of their exercises, so that neither the number
    # of people nor other exercises change them.
    seed = check_random_state(random_state).randint(2**31 - 1)
    data: list[Recording] = []
    bouts: list[Floats] = []
    repetitions: list[Floats] = []
    for subject in range(1, n_subjects + 1):
        person = _Person.draw(np.random.default_rng([seed, subject]))
        for exercise in exercises:
            kind = sorted(EXERCISES).index(exercise)
            rng = np.random.default_rng([seed, subject, kind + 1])
            plan = _plan(rng, person, exercise, n_sets, n_repetitions, rest_s, additions)
            recording = Recording(
                _streams(rng, person, exercise, plan, placement, sensors, additions),
                label=exercise,
                subject=subject,
                side=person.side,
                placement=placement,
                source=f"simulated: person {subject}, {exercise}",
                epoch_ns=EPOCH_NS + HOUR_NS * len(data),
            )
            if continuous:
                data.append(recording)
                bouts.append(np.array([[reps[0, 0], reps[-1, 1]] for reps in plan]))
                repetitions.append(np.concatenate(plan))
                continue
            for reps in plan:
                start_s, stop_s = reps[0, 0], reps[-1, 1]
                data.append(recording.between(start_s - MARGIN_S, stop_s + MARGIN_S))
                bouts.append(np.array([[start_s, stop_s]]))
                repetitions.append(reps)
    return make_bunch(
        data,
        side=np.array([recording.side for recording in data]),
        bouts=bouts,
        repetitions=repetitions,
        sampling_rate_hz=IDEAL_HZ if sensors == "ideal" else ACCELEROMETER_HZ,
        DESCR=DESCR,
    )


def _check(
    n_subjects: int,
    n_sets: int,
    exercises: Sequence[str],
    placement: str,
    n_repetitions: tuple[int, int],
    rest_s: tuple[float, float],
    sensors: str,
) -> None:
    unknown = [exercise for exercise in exercises if exercise not in EXERCISES]
    if unknown or isinstance(exercises, str) or not len(exercises):
        raise ValueError(
            f"exercises must be a list of some of {sorted(EXERCISES)}, got {exercises!r}."
        )
    if len(set(exercises)) != len(exercises):
        raise ValueError(f"exercises names one twice: {exercises!r}. Name each once.")
    for name, value, known in (
        ("placement", placement, PLACEMENTS),
        ("sensors", sensors, ("ideal", "phone")),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {sorted(known)}, got {value!r}.")
    for name, number in (("n_subjects", n_subjects), ("n_sets", n_sets)):
        if number < 1:
            raise ValueError(f"{name} must be at least 1, got {number}.")
    if not 1 <= n_repetitions[0] <= n_repetitions[1]:
        raise ValueError(f"n_repetitions must be (least, largest), got {n_repetitions}.")
    if not 1.0 <= rest_s[0] <= rest_s[1]:
        raise ValueError(
            f"rest_s must be (least, largest), both at least 1 s, got {rest_s}."
        )


def _streams(
    rng: np.random.Generator,
    person: _Person,
    exercise: str,
    plan: list[Floats],
    placement: str,
    sensors: str,
    additions: Additions,
) -> dict[str, SensorStream]:
    """Return what the phone measures while a person follows a plan."""
    times_s, pose = _pose(rng, person, exercise, plan, additions)
    carries = Rotation.from_rotvec(rng.normal(0, np.deg2rad(3), 3)) * person.carries
    motion = PhoneMotion(times_s, pose, placement, person.side, carries)
    # Clocks drift and start late: the motion must go on after the last sample.
    end_s = times_s[-1] - 2 * LATEST_START_S
    if sensors == "ideal":
        return ideal_streams(motion, end_s)
    return phone_streams(motion, end_s, rng)


def _plan(
    rng: np.random.Generator,
    person: _Person,
    exercise: str,
    n_sets: int,
    n_repetitions: tuple[int, int],
    rest_s: tuple[float, float],
    additions: Additions,
) -> list[Floats]:
    """Return the first and last second of each repetition, one array for each set."""
    sets, now_s = [], rng.uniform(*rest_s)
    for _ in range(n_sets):
        count = rng.integers(n_repetitions[0], n_repetitions[1] + 1)
        tired = 1 + person.fatigue * np.linspace(0, 1, count)
        scatter = np.clip(rng.normal(1, 0.03, count), 0.9, 1.1)
        lengths_s = EXERCISES[exercise].duration_s / person.tempo * tired * scatter
        lengths_s = additions.lengthen(lengths_s)
        steps_s = lengths_s + person.pause_s * rng.uniform(0.5, 1.5, count)
        starts_s = now_s + np.cumsum(steps_s) - steps_s
        sets.append(np.stack([starts_s, starts_s + lengths_s], 1))
        now_s = sets[-1][-1, 1] + rng.uniform(*rest_s)
    return sets


def _pose(
    rng: np.random.Generator,
    person: _Person,
    exercise: str,
    plan: list[Floats],
    additions: Additions,
) -> tuple[Floats, Pose]:
    """Return the body's coordinates over time: sets, and rests with sway and turns."""
    end_s = plan[-1][-1, 1] + (plan[0][0, 0] + 2 * LATEST_START_S)
    times_s = np.arange(np.ceil(end_s * GRID_HZ) + 1) / GRID_HZ
    pose = {name: np.zeros(len(times_s)) for name in (*COORDINATES, "heading")}
    # Nobody stands still: three slow waves move each of these coordinates.
    for name, size in (("forward", 0.004), ("sideways", 0.003), ("thigh_flexion", 0.008)):
        for rate_hz in rng.uniform(0.1, 0.7, 3):
            phase = 2 * np.pi * (rate_hz * times_s + rng.uniform())
            pose[name] += size / 3 * np.sin(phase)
    pose["heading"] += rng.uniform(0, 2 * np.pi)
    move = EXERCISES[exercise].pose
    rest_begins_s = 0.0
    for repetitions in plan:
        # A turn or step somewhere in three of four rests that are long enough.
        length_s = rng.uniform(1.5, 2.5)
        spare_s = repetitions[0, 0] - rest_begins_s - length_s - 1
        turn, lift = rng.normal(0, 0.5), rng.uniform(0.1, 0.5)
        begin_s = rest_begins_s + 0.5 + rng.uniform() * spare_s
        if spare_s > 0 and rng.uniform() < 0.75:
            u = (times_s - begin_s) / length_s
            pose["heading"] += turn * step(u)
            pose["thigh_flexion"] += lift * bump(u)
            pose["height"] -= 0.02 * lift * bump(u)
        rest_begins_s = repetitions[-1, 1]
        tired = 1 - person.fatigue / 2 * np.linspace(0, 1, len(repetitions))
        scatter = np.clip(rng.normal(1, 0.03, len(repetitions)), 0.9, 1.1)
        amplitudes = person.amplitude * tired * scatter
        for (start_s, stop_s), amplitude in zip(repetitions, amplitudes, strict=True):
            now = slice(*np.searchsorted(times_s, [start_s, stop_s]))
            u = (times_s[now] - start_s) / (stop_s - start_s)
            for name, values in move(u, amplitude, stop_s - start_s).items():
                pose[name][now] += additions.repeat_peak(u, values)
    # By numbers of their own, so that they change nothing else.
    additions.add_around(rng.spawn(1)[0], times_s, pose, plan)
    return times_s, pose
