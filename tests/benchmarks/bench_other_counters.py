"""Other ways to count repetitions, on the kinds of data of ``bench_confidence``.

Run ``python tests/benchmarks/bench_other_counters.py``. All count in the stretches that
``find_bouts`` finds. The data are looked for in ``--data``, by default in ``shared/data``
beside the repository.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from bench_confidence import kinds_of
from bench_segmentation import DATA
from scipy import signal

from sk_imu import find_bouts
from sk_imu.segmentation import _bout_search, _matching
from sk_imu.segmentation._repetitions import find_period

#: What is searched in each stretch: movement, first and last timestep, period.
stretches = []
searched = _bout_search.locate_repetitions


def located(motion, first, stop, **how):
    """Find repetitions, and keep where if there are some."""
    found = searched(motion, first, stop, **how)
    if len(found[0]) >= 2:
        core = motion[:, first:stop]
        centered = motion - core.mean(axis=1, keepdims=True)
        for sensor in np.split(np.arange(len(motion)), len(motion) // 3):
            size = np.square(centered[sensor, first:stop]).sum(axis=0).mean()
            centered[sensor] /= max(np.sqrt(size), 1e-6)
        longest = min(how["longest"], 0.6 * (stop - first))
        period = find_period(centered[:, first:stop], how["shortest"], longest)
        stretches.append((centered, first, stop, period or how["usual"]))
    return found


def filtered(motion, low, high):
    """Return the movement between two frequencies, in cycles per timestep."""
    band = [low, min(high, 0.45)] if low else min(high, 0.45)
    sections = signal.butter(2, band, "band" if low else "low", fs=1.0, output="sos")
    return signal.sosfiltfilt(sections, motion, axis=1, padlen=min(30, motion.shape[1] - 1))


def peaks(motion, first, stop, period):
    """Count peaks of the first principal component, three quarters of a period apart.

    Peaks lower than half of the 40th percentile are left out, as in RecoFit.
    """
    smooth = filtered(motion, 0, 3 / period)
    component = np.linalg.eigh(np.cov(smooth[:, first:stop]))[1][:, -1] @ smooth
    ways = []
    for one in (component, -component):
        at, _ = signal.find_peaks(one, distance=max(int(0.75 * period), 1), height=1e-9)
        around = at[(at >= first - period / 2) & (at < stop + period / 2)]
        heights = one[around]
        if len(heights):
            heights = heights[heights >= 0.5 * np.percentile(heights, 40)]
            ways.append((heights.std() / heights.mean(), len(heights)))
    return min(ways)[1] if ways else 0


def phase(motion, first, stop, period):
    """Count turns of the phase of the movement at the frequency of the period."""
    turning = signal.hilbert(filtered(motion, 0.5 / period, 1.7 / period), axis=1)
    core = turning[:, first:stop]
    one = np.linalg.eigh(core @ core.conj().T)[1][:, -1].conj() @ turning
    # In the stretch, as far as it is not much weaker than usual.
    one = one[first:stop]
    weak = np.flatnonzero(np.abs(one) <= 0.3 * np.median(np.abs(one)))
    middle = len(one) // 2
    begin = max(weak[weak < middle], default=0)
    end = min(weak[weak > middle], default=len(one))
    turns = np.unwrap(np.angle(one[begin:end]))
    return abs(turns[-1] - turns[0]) / (2 * np.pi) if len(turns) else 0


def best_phase(weighed):
    """Return the pieces of the phase that is worth most, without a vote."""
    return max(weighed, key=_matching._worth)[0], 0.0


def main() -> None:
    """Print all figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="folder of the data sets")
    data = parser.parse_args().data
    warnings.simplefilter("ignore")
    _bout_search.locate_repetitions = located
    voted = _matching._voted
    for name, (sets, true) in kinds_of(data).items():
        counts = {way: [] for way in ("votes", "best", "peaks", "phase")}
        for one in sets:
            for way, rule in (("best", best_phase), ("votes", voted)):
                _matching._voted = rule
                stretches.clear()
                found = find_bouts(one)
                counts[way].append(sum(len(bout.repetitions) for bout in found))
            counts["peaks"].append(sum(peaks(*stretch) for stretch in stretches))
            counts["phase"].append(round(sum(phase(*stretch) for stretch in stretches)))
        three = [counts[way] for way in ("votes", "peaks", "phase")]
        counts["median of three"] = np.median(three, axis=0)
        for way, n in counts.items():
            away = np.abs(np.array(n) - true)
            print(
                f"{name}, {way}: exact {np.mean(away == 0):.3f}, within one "
                f"{np.mean(away <= 1):.3f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
