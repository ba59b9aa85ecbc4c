"""How often the primary test rejects where nobody can tell: `python -m tests.study.null_studies`.

Readers differ (standard deviation 0.06 of accuracy) and lean to one answer, images differ in what all readers see in
them (0.15), and on average over readers and images half of the answers are right.
"""

import sys

import numpy as np
from scipy import stats

from dcgan_jax.study.multireader import ENOUGH_READERS, combine, measure_accuracy, measure_auc
from dcgan_jax.study.planning import CASE_SD, READER_SD

LEAN = 0.1
"""Standard deviation over readers of the share of images that they call generated."""


def draw_study(readers: int, images: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Returns signed confidences [reader, image] and which images are generated."""
    truth = np.arange(images) < images // 2
    ability, lean = rng.normal(0, READER_SD, (readers, 1)), rng.normal(0, LEAN, (readers, 1))
    look = rng.normal(0, CASE_SD, images)
    generated = np.clip(0.5 + lean + look + np.where(truth, ability, -ability), 0.001, 0.999)
    says = stats.norm.ppf(generated) + rng.normal(size=(readers, images))
    return np.where(says > 0, 1, -1) * np.clip(np.ceil(np.abs(says) * 2), 1, 5), truth


def rejection_rate(endpoint: str, studies: int, readers: int, images: int, seed: int) -> float:
    """Returns the share of null studies in which the test against chance gives p < 0.05."""
    rng, rejected = np.random.default_rng(seed), 0
    for _ in range(studies):
        ratings, truth = draw_study(readers, images, rng)
        measured = (
            measure_accuracy((ratings > 0) == truth, truth) if endpoint == "accuracy" else measure_auc(ratings, truth)
        )
        rejected += combine(measured).p_value() < 0.05
    return rejected / studies


def main() -> int:
    """Prints the rates; returns 1 if one is not between 3% and 7%, or above 5% with too few readers to know better."""
    failed = 0
    for endpoint in ("accuracy", "auc"):
        for readers, images in ((2, 200), (3, 200), (4, 200), (5, 200), (10, 100)):
            rate = rejection_rate(endpoint, 2000, readers, images, seed=1)
            failed |= not (0.03 <= rate <= 0.07 if readers >= ENOUGH_READERS else rate <= 0.05)
            print(f"{endpoint:9} {readers:3} readers, {images} images: {rate:.4f}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
