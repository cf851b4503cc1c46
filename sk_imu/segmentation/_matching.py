"""Match a template of one repetition with every piece of a movement."""

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..preprocessing import interpolate
from ._motion import Floats

#: Timesteps per period while repetitions are searched for.
N_PHASES = 32
#: Lengths of the pieces that are compared with the template, in periods.
_LENGTHS = np.geomspace(0.6, 1.6, 13)
#: A period does not show where in it a repetition begins: this many phases are tried.
_N_BEGINNINGS = 16
# The weights, numbers of timesteps and least resemblance below were chosen on two people
# of Exermote and on simulated recordings. docs/results/segmentation.rst says which other
# values were tried, and what each rule is worth.
#: Rounds in which the template and the pieces that match it improve each other.
_N_ROUNDS = 3
#: Timesteps that are averaged for the speed and the posture at the ends of a repetition,
#: for the posture at the ends of a set that is cut out, and around one that is not.
_N_SPEED, _N_POSTURE, _N_SET_END, _N_AROUND = 3, 2, 4, 8
#: Largest share of a repetition that may be missing at both ends of a set together.
_MOST_MISSING = 0.6

#: Index of the length, first timestep and resemblance of a piece.
_Piece = tuple[int, int, float]


@dataclass(frozen=True)
class _Weights:
    """What counts against a phase as the beginning of repetitions.

    Parameters
    ----------
    speed : float
        Weight of the speed at both ends of repetitions, which people usually begin and
        end at rest.
    posture : float
        Weight of the distance between the postures at the ends of repetitions and those
        around the set, in units of the template's movement. Speed alone takes the turning
        point of a movement for its beginning, because it is slow there, too.
    """

    speed: float
    posture: float


#: For the place of the repetitions, and for their number. The posture before a set on a
#: machine is not that of its repetitions: there, the phase with the right posture loses
#: the first or last one in the movement of taking or leaving the handles.
_PLACE = _Weights(0.3, 0.7)
_NUMBER = _Weights(0.5, 0.2)
#: Minimum resemblance of a first or last repetition, as a share of the median one, if the
#: ends of the set are unknown. Movement around a set, such as getting up, is similar.
_ALIKE = 0.675


@dataclass(frozen=True)
class _Candidate:
    """The pieces chosen with a template that begins at one phase."""

    pieces: list[_Piece]
    score: float
    template: Floats
    speed: float


def _speed_at_ends(pieces: Floats) -> float:
    """Return the speed of pieces at both ends, as a share of their mean speed."""
    squared = np.square(np.diff(pieces, axis=2)).sum(axis=1)
    speed = np.sqrt(squared.mean(axis=0))
    ends = np.concatenate([speed[:_N_SPEED], speed[-_N_SPEED:]])
    return float(ends.mean() / max(speed.mean(), 1e-12))


@functools.cache
def _positions(length: int) -> Floats:
    """Return the positions in a piece of the timesteps of a template."""
    positions = np.linspace(0, length - 1, N_PHASES)
    positions.flags.writeable = False  # all callers get this array from the cache
    return positions


@functools.cache
def _stretch(length: int) -> Floats:
    """Return the weights of a piece's timesteps in those that a template is compared with.

    They have the shape (length, N_PHASES).
    """
    weights = interpolate(np.eye(length), _positions(length))
    weights.flags.writeable = False
    return weights


def _worth(weighed: tuple[list[_Piece], float]) -> float:
    return weighed[1]


def _voted(weighed: list[tuple[list[_Piece], float]]) -> tuple[list[_Piece], float]:
    """Return the best pieces of the number that is worth most, and its share.

    The worth is that of all phases with this number. A single phase may lose half a
    repetition at both ends, or gain one in the movement around the set.
    """
    votes: dict[int, float] = {}
    for pieces, worth in weighed:
        votes[len(pieces)] = votes.get(len(pieces), 0.0) + worth
    number = max(votes, key=votes.__getitem__)
    pieces, _ = max((one for one in weighed if len(one[0]) == number), key=_worth)
    return pieces, votes[number] / sum(votes.values())


class Matcher:
    """Compare a template with every piece of a movement, at several lengths.

    The movement has ``N_PHASES`` timesteps per period. Half a period of unknown values
    is added before and after it, so that repetitions that are cut off match, too.
    """

    def __init__(self, motion: Floats, min_confidence: float, *, is_cut: bool) -> None:
        pad = self.pad = N_PHASES // 2
        self.min_confidence = min_confidence
        self.is_cut = is_cut
        self.seen = motion
        # Zeros add nothing to products and energies; `known` takes the part of a template
        # that lies beside them out of its energy, so that the rest can still match fully.
        self.motion = np.pad(motion, ((0, 0), (pad, pad)))
        self.n_timesteps = self.motion.shape[1]
        known = np.pad(np.ones((1, motion.shape[1])), ((0, 0), (pad, pad)))
        self.lengths = np.unique(np.round(N_PHASES * _LENGTHS).astype(int))
        self.lengths = self.lengths[self.lengths <= self.n_timesteps]
        # Comparing with a template at a length is a correlation with the template stretched
        # to it, and that at all lengths one product of matrices.
        longest = int(self.lengths[-1])
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(self.motion, ((0, 0), (0, longest))), longest, axis=1
        )
        self.windows = windows.transpose(1, 0, 2).reshape(windows.shape[1], -1)
        square = np.square(self.motion).sum(axis=0)
        product = (self.motion[:, :-1] * self.motion[:, 1:]).sum(axis=0)
        self.stretches: list[Floats] = []
        self.known: list[Floats] = []
        self.energy: list[Floats] = []
        for length in self.lengths:
            stretch = _stretch(int(length))
            self.stretches.append(stretch)
            starts = np.arange(self.n_timesteps - length + 1)[:, np.newaxis]
            self.known.append(interpolate(known, starts + _positions(int(length)))[0])
            # The square of a value between two timesteps has their product in it.
            beside = 2 * (stretch[:-1] * stretch[1:]).sum(axis=1)
            self.energy.append(
                np.correlate(square, np.square(stretch).sum(axis=1))
                + np.correlate(product, beside)
            )

    def search(
        self, first: float, stop: float
    ) -> tuple[list[tuple[float, float, float]], float]:
        """Return begin, end and resemblance of the repetitions, and an agreement.

        The agreement is the share of the votes for their number, or 0 in a set cut out.
        """
        begin = self._typical(int(first) + self.pad, int(stop) + self.pad)
        template = self.motion[:, begin : begin + N_PHASES]
        if template.shape[1] < N_PHASES:
            return [], 0.0
        # As in k-means, a template and the pieces that match it are found in turn.
        for _ in range(_N_ROUNDS):
            ((_, found),) = self._best_pieces(template[np.newaxis])
            pieces = self._pieces_of(found, 0.0)
            if not len(pieces):
                return [], 0.0
            template = pieces.mean(axis=0)
        agreement = 0.0
        candidates = self._candidates(found)
        if candidates:
            found, _ = max(self._weighed(candidates, _PLACE), key=_worth)
            # In a set that is cut out, its ends are those of repetitions.
            if not self.is_cut:
                counted, agreement = _voted(self._weighed(candidates, _NUMBER))
                found = self._as_many(found, counted)
        return [
            (start - self.pad, start - self.pad + self.lengths[i], resemblance)
            for i, start, resemblance in found
        ], agreement

    def _candidates(self, found: list[_Piece]) -> list[_Candidate]:
        """Choose pieces with a template from each phase of those found."""
        phases = np.arange(_N_BEGINNINGS) / _N_BEGINNINGS
        pieces = [self._pieces_of(found, phase) for phase in phases]
        pieces = [some for some in pieces if len(some)]
        if not pieces:
            return []
        templates = np.array([some.mean(axis=0) for some in pieces])
        chosen = self._best_pieces(templates)
        return [
            _Candidate(
                self._without_incomplete(best), score, template, _speed_at_ends(some)
            )
            for some, template, (score, best) in zip(pieces, templates, chosen, strict=True)
            if best
        ]

    def _weighed(
        self, candidates: list[_Candidate], weights: _Weights
    ) -> list[tuple[list[_Piece], float]]:
        """Return the pieces of each candidate, and what they are worth."""
        weighed = []
        for one in candidates:
            pieces = self._without_unlike(one.pieces)
            doubt = weights.speed * one.speed
            doubt += weights.posture * self._posture_away(pieces, one.template)
            # Positive however great the doubt: the best of bad ones is returned, too.
            weighed.append((pieces, one.score * max(1 - doubt, 0.01)))
        return weighed

    def _as_many(self, placed: list[_Piece], counted: list[_Piece]) -> list[_Piece]:
        """Return pieces with outer ones added or dropped until they are as many as others.

        Pieces are added where the others reach further, and dropped where they don't.
        """
        for _ in range(abs(len(counted) - len(placed))):
            (i, begin, _), (j, last, _) = placed[0], placed[-1]
            end = last + int(self.lengths[j])
            before = begin - counted[0][1]
            after = counted[-1][1] + int(self.lengths[counted[-1][0]]) - end
            if len(placed) > len(counted):
                placed = placed[1:] if before < after else placed[:-1]
                continue
            room = begin if before > after else self.n_timesteps - end
            if room < self.lengths[0]:
                break
            usual = self.lengths[i if before > after else j]
            k = int(np.searchsorted(self.lengths, min(usual, room), side="right")) - 1
            if before > after:
                placed = [(k, begin - int(self.lengths[k]), counted[0][2]), *placed]
            else:
                placed = [*placed, (k, end, counted[-1][2])]
        return placed

    def _posture_away(self, found: list[_Piece], template: Floats) -> float:
        """Return the distance of the postures at the ends of pieces from those around.

        These are the postures before the first and after the last piece, or at both ends
        of a set that is cut out.
        """
        seen, n = self.seen, self.seen.shape[1]
        begins = [max(start - self.pad, 0) for _, start, _ in found]
        ends = [min(start - self.pad + int(self.lengths[i]), n) for i, start, _ in found]
        between = np.concatenate(
            [seen[:, begin : begin + _N_POSTURE] for begin in begins]
            + [seen[:, max(end - _N_POSTURE, 0) : end] for end in ends],
            axis=1,
        ).mean(axis=1)
        if self.is_cut:
            around = [seen[:, :_N_SET_END], seen[:, -_N_SET_END:]]
        else:
            around = [
                seen[:, max(begins[0] - _N_AROUND, 0) : begins[0]],
                seen[:, ends[-1] : ends[-1] + _N_AROUND],
            ]
        size = max(np.sqrt(template.var(axis=1).sum()), 1e-9)
        # Without anything recorded there, one movement away: neither near nor far.
        away = [
            np.linalg.norm(part.mean(axis=1) - between) / size if part.size else 1.0
            for part in around
        ]
        return float(min(np.mean(away), 2.0))

    def _pieces_of(self, found: list[_Piece], phase: float) -> Floats:
        """Return the pieces shifted by a share of their length, where fully known."""
        places = []
        for i, start, _ in found:
            shifted = start + round(phase * int(self.lengths[i]))
            if shifted < len(self.known[i]) and self.known[i][shifted].min() == 1:
                places.append(shifted + _positions(int(self.lengths[i])))
        if not places:
            return np.empty((0, *self.motion.shape[:1], N_PHASES))
        return interpolate(self.motion, np.array(places)).swapaxes(0, 1)

    def _typical(self, first: int, stop: int) -> int:
        """Return the start of the piece that is most similar to its two neighbors."""
        size = self.motion[:, first:stop]
        n = size.shape[1] - N_PHASES + 1
        if n <= N_PHASES:
            return first
        pieces = np.lib.stride_tricks.sliding_window_view(size, N_PHASES, axis=1)
        energy = np.square(pieces).sum(axis=(0, 2))
        cross = np.einsum("cnt,cnt->n", pieces[:, :-N_PHASES], pieces[:, N_PHASES:])
        both = np.maximum(energy[:-N_PHASES] + energy[N_PHASES:], 1e-12)
        likeness = np.zeros(n)
        likeness[:-N_PHASES] += 2 * cross / both
        likeness[N_PHASES:] += 2 * cross / both
        return first + int(np.argmax(likeness))

    def _best_pieces(self, templates: Floats) -> list[tuple[float, list[_Piece]]]:
        """Choose pieces without overlap whose total resemblance to a template is greatest.

        Returns the total and the pieces for each template.
        """
        n, n_templates = self.n_timesteps, len(templates)
        shape = (n + 1, n_templates, len(self.lengths))  # by end, template, length
        resemblance = np.full(shape, -np.inf)
        gain = np.full(shape, -np.inf)
        size = np.square(templates).sum(axis=1)
        cross = self._products(templates)
        for i, length in enumerate(self.lengths):
            known = self.known[i] @ size.T
            # 1 only where shape and size agree, like Lin's concordance coefficient.
            both = np.maximum(self.energy[i][:, np.newaxis] + known, 1e-12)
            resemblance[length:, :, i] = 2 * cross[: n - length + 1, i] / both
            # Share of the template's movement that lies in the known part.
            share = known / np.maximum(size.sum(axis=1), 1e-12)
            # The square root favors neither many short pieces nor few long ones.
            worth = share * np.sqrt(length / N_PHASES)
            surplus = resemblance[length:, :, i] - self.min_confidence
            # Below min_confidence a piece costs more than it brings and is never chosen.
            gain[length:, :, i] = np.where(share >= 0.5, worth * surplus, -np.inf)
        # Dynamic programming: the best choice up to each end, then back from the last. Ends
        # less than a piece apart do not depend on each other.
        best = np.zeros((n + 1, n_templates))
        choice = np.full((n + 1, n_templates), -1)
        # Lengths beyond the beginning are cut to 0 for the index; their gain is -inf.
        begins = np.maximum(np.arange(n + 1)[:, np.newaxis] - self.lengths, 0)
        for first in range(1, n + 1, int(self.lengths[0])):
            ends = slice(first, first + int(self.lengths[0]))
            scores = best[begins[ends]].swapaxes(1, 2) + gain[ends]
            longest, top = scores.argmax(axis=2), scores.max(axis=2)
            running = np.maximum.accumulate(np.vstack([best[[first - 1]], top]))
            best[ends] = running[1:]
            choice[ends] = np.where(top > running[:-1], longest, -1)
        return [
            (float(best[n, k]), self._traced(choice[:, k], resemblance[:, k]))
            for k in range(n_templates)
        ]

    def _products(self, templates: Floats) -> Floats:
        """Return the products with each template of the pieces of each length.

        They have the shape (n_starts, n_lengths, n_templates).
        """
        longest, n_lengths = int(self.lengths[-1]), len(self.lengths)
        n_templates, n_channels, _ = templates.shape
        stretched = np.zeros((n_lengths, n_templates, n_channels, longest))
        for i, stretch in enumerate(self.stretches):
            stretched[i, ..., : self.lengths[i]] = templates @ stretch.T
        products = self.windows @ stretched.reshape(n_lengths * n_templates, -1).T
        return products.reshape(-1, n_lengths, n_templates)

    def _traced(self, choice: NDArray[np.intp], resemblance: Floats) -> list[_Piece]:
        """Return the chosen pieces, from the choice of a length at each end."""
        found, end = [], self.n_timesteps
        while end > 0:
            i = int(choice[end])
            if i < 0:
                end -= 1
            else:
                value = float(resemblance[end, i])
                end -= int(self.lengths[i])
                found.append((i, end, value))
        return found[::-1]

    def _without_incomplete(self, found: list[_Piece]) -> list[_Piece]:
        """Drop the more incomplete outer piece if both together miss too much."""
        if len(found) < 2:
            return found
        left, right = (
            1 - self.known[i][start].mean() for i, start, _ in (found[0], found[-1])
        )
        if left + right <= _MOST_MISSING:
            return found
        return found[1:] if left > right else found[:-1]

    def _without_unlike(self, found: list[_Piece]) -> list[_Piece]:
        """Drop outer pieces that resemble the template much less than the median."""
        # In a set that is cut out, its ends are those of repetitions: there the rule
        # removes true ones (79 % of the watch's sets have 20 with it, 83 % without).
        if self.is_cut or len(found) < 3:
            return found
        resemblance = np.array([value for _, _, value in found])
        alike = np.flatnonzero(resemblance >= _ALIKE * np.median(resemblance))
        return found[alike[0] : alike[-1] + 1]
