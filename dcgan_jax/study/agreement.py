"""How far readers agree: with each other (Fleiss' kappa), and with themselves on the images that came back."""

import warnings
from collections.abc import Callable

import numpy as np
from jaxtyping import Int
from scipy import stats
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import fleiss_kappa

from dcgan_jax.study.report_record import Agreement, finite

KappaFn = Callable[[Int[np.ndarray, "image column"]], float]


def compute_fleiss_kappa(counts: Int[np.ndarray, "image category"]) -> Agreement:
    """Returns the agreement of several readers (Fleiss, Psychological Bulletin 76, 1971), its interval the jackknife's.

    The counts say how many readers put each image into each category: as many readers for each image, at least two.
    """
    readers = counts.sum(axis=1)
    share = float(((counts * (counts - 1)).sum(axis=1) / (readers * (readers - 1))).mean())
    return _agreement(counts, fleiss_kappa, share)


def compute_repeat_kappa(first: Int[np.ndarray, " image"], second: Int[np.ndarray, " image"]) -> Agreement:
    """Returns the agreement of a reader with themselves: Cohen's kappa, its interval the jackknife's over images."""
    pairs = np.stack([first, second], axis=1)
    share = float((first == second).mean()) if len(first) else np.nan
    return _agreement(pairs, lambda rows: cohen_kappa_score(rows[:, 0], rows[:, 1]), share)


def _agreement(rows: Int[np.ndarray, "image column"], kappa_fn: KappaFn, share: float) -> Agreement:
    kappa, low, high = map(finite, _jackknife(rows, kappa_fn))
    return Agreement(kappa=kappa, interval=(low, high), share=finite(share), images=len(rows))


def _jackknife(rows: Int[np.ndarray, "image column"], kappa_fn: KappaFn) -> tuple[float, float, float]:
    count = len(rows)
    if count < 3 or len(np.unique(rows, axis=0)) < 2:
        return _quiet(kappa_fn, rows) if count else np.nan, np.nan, np.nan
    value = _quiet(kappa_fn, rows)
    left_out = np.array([_quiet(kappa_fn, np.delete(rows, index, axis=0)) for index in range(count)])
    error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    half = stats.norm.ppf(0.975) * error
    if not np.isfinite(half):  # some kappa is not defined with an image left out
        return value, np.nan, np.nan
    return value, float(max(-1.0, value - half)), float(min(1.0, value + half))


def _quiet(kappa_fn: KappaFn, rows: Int[np.ndarray, "image column"]) -> float:
    """Returns a kappa, nan where chance alone would give full agreement."""
    with np.errstate(invalid="ignore", divide="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scikit-learn, where there is one category
        return float(kappa_fn(rows))
