"""ArviZ: convergence of chains, smoothed importance weights, and the posterior as InferenceData."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@contextmanager
def _arviz() -> Iterator[Any]:
    """The library, without what it says about its own future."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        import arviz

        yield arviz


def load() -> None:
    """Import the library, which takes a second, while there is nothing else to do."""
    with _arviz():
        pass


def psis(log_weights: Floats) -> tuple[Floats, float]:
    """Pareto-smoothed log weights and k̂."""
    with _arviz() as arviz:
        found, k = arviz.psislw(np.asarray(log_weights, dtype=float))
    return np.asarray(found, dtype=float), float(k)


def convergence(chains: Mapping[str, Floats]) -> dict[str, tuple[float, float, float]]:
    """R-hat (rank-normalised, split), bulk and tail effective sample size by name. chains : [chain, draw].

    Source: Vehtari et al. (2021).
    """
    with _arviz() as arviz:
        return {
            name: (
                float(arviz.rhat(np.asarray(values))),
                float(arviz.ess(np.asarray(values), method="bulk")),
                float(arviz.ess(np.asarray(values), method="tail")),
            )
            for name, values in chains.items()
        }


def inference_data(groups: Mapping[str, Mapping[str, Any]], **options: Any) -> Any:
    """The groups (posterior, prior, posterior_predictive, observed_data) as InferenceData.

    options : coords and dims, as ArviZ takes them.
    """
    with _arviz() as arviz:
        found = arviz.from_dict(**groups, **options)
    for group in found.groups():
        found[group].attrs.pop("created_at", None)  # the same posterior is the same file
    return found
