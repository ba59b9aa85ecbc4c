"""What a study can find out, known before it starts: the width of the interval that its readers and images give."""

import math

from scipy import stats

from dcgan_jax.study.multireader import hillis

READER_SD = 0.06
"""Standard deviation of accuracy over readers, as published studies had it."""

CASE_SD = 0.15
"""Standard deviation over images of the share of readers who are right, likewise."""


def expected_half_width(
    readers: int, images: int, level: float = 0.95, reader_sd: float = READER_SD, case_sd: float = CASE_SD
) -> float:
    """Returns half the width of the expected interval of mean accuracy, near chance.

    An answer near chance varies by 0.25: what is not due to the image is the reader's own chance. One reader's interval
    is over images alone.

    Args:
      readers: how many.
      images: read by each, of both kinds together.
      level: of the interval.
      reader_sd: of accuracy over readers.
      case_sd: of difficulty over images.

    Returns:
      Half the width; 0.5, all that there is, where readers or images are too few to say anything.
    """
    shared = case_sd**2 / images
    own = (0.25 - case_sd**2) / images
    error, freedom = math.sqrt(own + shared), math.inf
    if readers > 1:
        error, freedom = hillis(reader_sd**2 + own, shared, readers)
    return min(0.5, float(stats.t.ppf((1 + level) / 2, freedom) * error))
