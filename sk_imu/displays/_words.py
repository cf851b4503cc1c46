"""Names, shares and numbers of people as parts of a sentence."""

from typing import Any

LONG_NAMES = {
    "rf": "a random forest",
    "svm": "a support vector machine",
    "cnn": "a convolutional network",
    "gru": "a recurrent network of gated recurrent units",
    "cnn-gru": "a convolutional network with gated recurrent units",
    "cnn-gru-small": "the CNN-GRU with fewer filters and states",
    "cnn-gru-large": "the CNN-GRU with more filters and states",
    "minirocket": "ridge regression on MiniRocket features",
}
# An interval over two people reaches from the one to the other, whatever is measured.
FEWEST_PEOPLE = 3


def one_line(text: Any) -> str:
    """Return a label or a subject on one line, never empty."""
    return " ".join(str(text).split()) or "(empty)"


def listed(names: list[str], last: str = "and") -> str:
    """Return names as a sentence lists them."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def percent(share: float) -> str:
    """Return a share in percent, with a digit after the point if it needs one."""
    return f"{100 * share:.1f}".removesuffix(".0") + " %"


def no_interval(n: int, drawn: str = "people", of: str = "") -> str:
    """Return why there is no interval over so few people, or sets."""
    subject = "1 person is" if n == 1 else f"{n} {drawn} are"
    return f"No interval is given{of}: {subject} too few."


def significant_for(models: list[str]) -> str:
    """Return for which models a difference is significant."""
    if not models:
        return "is not significant for any model"
    return f"is significant for {listed(models)}"
