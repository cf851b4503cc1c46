"""Recordings as a network may deliver them, and answers compared to the last bit."""

import numpy as np


def pieces_of(recording, sensors, rng, *, most_late_s=0.4, most_pieces=60, doubled=0.3):
    """Return (sensor, timestamps, values, axes) of all samples, in an order of arrival.

    A sample comes after others of its sensor that are up to ``most_late_s`` newer, and some
    samples come twice. The sensors take turns at random.
    """
    waiting = []
    for sensor in sensors:
        stream = recording.streams[sensor]
        rows = np.arange(stream.n_samples)
        twice = rng.choice(rows, int(len(rows) * rng.uniform(0, doubled)))
        rows = np.concatenate([rows, twice])
        arrival_s = stream.timestamps_s[rows] + rng.uniform(0, most_late_s, len(rows))
        rows = rows[np.argsort(arrival_s)]
        cuts = np.sort(rng.integers(0, len(rows) + 1, rng.integers(0, most_pieces + 1)))
        waiting.append(
            [
                (sensor, stream.timestamps_s[part], stream.values[part], stream.axes)
                for part in np.split(rows, cuts)
            ]
        )
    turns = np.repeat(np.arange(len(waiting)), [len(pieces) for pieces in waiting])
    return [waiting[turn].pop(0) for turn in rng.permutation(turns)]


def push_all(live, pieces):
    """Return the answers of a stream that is finished."""
    live.reset()
    answers = [answer for piece in pieces for answer in live.push(*piece)]
    return answers + live.finish()


def as_rows(answers):
    """Return answers so that == compares them to the last bit."""
    return [
        (a.time_s, a.label, None if a.probabilities is None else a.probabilities.tobytes())
        for a in answers
    ]
