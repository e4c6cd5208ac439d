"""Lets NumPy 1, which seldon-core needs, read models that were written under NumPy 2.

Arrays need no help. Random generators do: their pickles changed, and histogram gradient boosting
keeps the one that it was trained with. Nothing asks it again for a prediction, so an empty stand-in
takes its place.
"""

from functools import wraps

import numpy as np

_MAKERS = ("__bit_generator_ctor", "__generator_ctor", "__randomstate_ctor")


class _Unused:
    """Takes a generator's place: accepts its state and keeps nothing."""

    def __setstate__(self, state: object) -> None:
        pass


def read_generators_of_numpy_2() -> None:
    """Make unpickling tolerant, once, if this is NumPy 1."""
    if int(np.__version__.split(".")[0]) >= 2:
        return
    from numpy.random import _pickle

    for name in _MAKERS:
        maker = getattr(_pickle, name)
        if not hasattr(maker, "__wrapped__"):
            setattr(_pickle, name, _tolerant(maker))


def _tolerant(maker):
    @wraps(maker)  # Keeps the name too, by which NumPy's own pickles find it.
    def make(kind="MT19937", *rest):
        # NumPy 1 writes a generator's name, NumPy 2 its class or the generator itself.
        return maker(kind, *rest) if isinstance(kind, str) else _Unused()

    return make
