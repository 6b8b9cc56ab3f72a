"""A program in a process of its own, and what it took."""

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from os import environ
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from benchmarks.brain.study import Source

THREADS = 2
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What a program took, and where it found each voxel of the T1 in the atlas.

    Attributes
    ----------
    cpu_s
        Processor seconds, all threads together.
    peak_mib
        Most memory the process ever held.
    at
        Shape (n, 3), atlas LPS millimetres of every voxel of the T1 in the array's order; NaN outside.
    said
        In words: states, or what was done.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    at: npt.NDArray[np.float32]
    said: str


def alone(what: Callable[[Source], Result], source: Source) -> Result:
    """The result of a function in a new process with :data:`THREADS` threads."""
    environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = environ["OMP_NUM_THREADS"] = str(THREADS)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(what, source).result()


def peak_mib() -> float:
    """Most memory this process ever held.

    Of Linux's own count of the process: what ``getrusage`` says may be that of the process that started it.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
