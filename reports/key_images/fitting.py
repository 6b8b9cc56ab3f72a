"""Words made to fit a width: in lines, in smaller letters, and at last with an ellipsis."""

from collections.abc import Callable

Measure = Callable[[str, float], float]
"""Pixels that a line takes in letters of a size."""

STEP = 0.5
"""Pixels by which letters get smaller."""
ELLIPSIS = "…"


def fitted(
    words: str, width: float, size: float, measure: Measure, *, least: float, most: int = 1
) -> tuple[list[str], float]:
    """Words in lines that fit a width, and the size of their letters.

    Parameters
    ----------
    size, least
        Of the letters, pixels: the size wanted, and the smallest before words are left out.
    most
        So many lines at the most.

    Returns
    -------
    lines, size
        Where the words do not fit in the smallest letters the last line ends in an ellipsis, and so does
        every line of which a single word is too long.
    """
    while True:
        lines = broken(words, width, size, measure)
        if len(lines) <= most and all(measure(line, size) <= width for line in lines):
            return lines, size
        if size <= least:
            break
        size = max(least, size - STEP)
    if len(lines) > most:
        lines = [*lines[: most - 1], shortened(" ".join(lines[most - 1 :]), width, size, measure, cut=True)]
    return [
        line if measure(line, size) <= width else shortened(line, width, size, measure) for line in lines
    ], size


def broken(words: str, width: float, size: float, measure: Measure) -> list[str]:
    """Words broken into lines between words; a single word may be too long for the width."""
    lines: list[str] = []
    for word in words.split() or [""]:
        if lines and measure(f"{lines[-1]} {word}", size) <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def shortened(words: str, width: float, size: float, measure: Measure, *, cut: bool = False) -> str:
    """Words with an ellipsis in place of what is too much, cut between words where that leaves any.

    Parameters
    ----------
    cut
        Whether something was left out already.
    """
    if not cut and measure(words, size) <= width:
        return words
    kept = words
    while kept and measure(f"{kept} {ELLIPSIS}", size) > width:
        kept = kept.rpartition(" ")[0]
    if kept:
        return f"{kept} {ELLIPSIS}"
    kept = words
    while kept and measure(f"{kept}{ELLIPSIS}", size) > width:
        kept = kept[:-1]
    return f"{kept}{ELLIPSIS}"
