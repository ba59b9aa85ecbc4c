"""What a study can find out, known before it starts: the width of the interval that its readers and images give."""

import math

from scipy import stats

from dcgan_jax.study.multireader import hillis

READER_SD = 0.06
"""Standard deviation of accuracy over readers, as published studies had it."""

CASE_SD = 0.15
"""Standard deviation over images of the share of readers who are right, likewise."""


def expected_half_width(readers: int, images: int) -> float:
    """Returns half the width of the expected 95% interval of mean accuracy, near chance.

    An answer near chance varies by 0.25: what is not due to the image is the reader's own chance. One reader's interval
    is over images alone. It is 0.5, all that there is, where readers or images are too few to say anything.

    Args:
      readers: how many.
      images: read by each, of both kinds together.
    """
    shared = CASE_SD**2 / images
    own = (0.25 - CASE_SD**2) / images
    error, freedom = math.sqrt(own + shared), math.inf
    if readers > 1:
        error, freedom = hillis(READER_SD**2 + own, shared, readers)
    return min(0.5, float(stats.t.ppf(0.975, freedom) * error))
