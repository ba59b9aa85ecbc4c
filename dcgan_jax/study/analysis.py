"""Tables -> what readers reached, each and together."""

import math
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool
from scipy import stats

from dcgan_jax.study.agreement import compute_fleiss_kappa, compute_repeat_kappa
from dcgan_jax.study.codes import name_reader
from dcgan_jax.study.collected import Collected
from dcgan_jax.study.multireader import CHANCE, Combined, combine, measure_accuracy, measure_auc
from dcgan_jax.study.plan import Key, Plan
from dcgan_jax.study.reader_scores import compute_auc, compute_share, compute_signal_detection
from dcgan_jax.study.report_record import (
    Agreement,
    Drift,
    Figure,
    Fooled,
    OptionCounts,
    Phase,
    Pooled,
    Primary,
    ReaderResult,
    Remarked,
    Verdict,
    finite,
)
from dcgan_jax.study.store import Answered

LEVEL = 0.05
"""Of every test."""

QUARTERS = 4


def analyze_reader(collected: Collected, row: int, plan: Plan) -> ReaderResult:
    """Returns what one reader reached on the images they have read, each counted once."""
    read = collected.is_read[row]
    of_reader = collected.truth, collected.ratings[row], collected.said[row], collected.correct[row]
    truth, ratings, said, correct = (values[read] for values in of_reader)
    accuracy, area = compute_share(correct), compute_auc(ratings, truth)
    sensitivity, specificity = compute_share(correct[truth]), compute_share(correct[~truth])
    signal = compute_signal_detection(said, truth, plan.design == "pairs")
    first, second = (np.reshape(collected.repeats[row], (-1, 2)).T > 0).astype(int)
    return ReaderResult(
        reader=name_reader(collected.readers[row]),
        answered=int(read.sum()),
        accuracy=finite(accuracy.share),
        interval=_interval(accuracy.low, accuracy.high),
        sensitivity=finite(sensitivity.share),
        sensitivity_interval=_interval(sensitivity.low, sensitivity.high),
        specificity=finite(specificity.share),
        specificity_interval=_interval(specificity.low, specificity.high),
        auc=finite(area.share),
        auc_interval=_interval(area.low, area.high),
        d_prime=finite(signal.d_prime),
        criterion=finite(signal.criterion),
        median_seconds=finite(float(np.median(collected.seconds[row][read]))),
        repeats=compute_repeat_kappa(first, second),
    )


def pool(collected: Collected, margin: float) -> Pooled | None:
    """Returns what all readers reached together on the cases that all have read; None without two of each kind."""
    common = collected.read_by_all()
    if min(common.truth.sum(), (~common.truth).sum()) < 2:
        return None
    accuracy = combine(measure_accuracy(common.correct, common.truth))
    area = combine(measure_auc(common.ratings, common.truth))
    return Pooled(
        accuracy=accuracy.estimate,
        interval=accuracy.interval(),
        p_value=accuracy.p_value(),
        equivalence_p=accuracy.equivalence_p(margin),
        readers=len(common.readers),
        images=len(common.cases),
        balanced_accuracy=_figure(accuracy, margin),
        auc=_figure(area, margin),
    )


def conclude(pooled: Pooled | None, plan: Plan) -> Primary | None:
    """Returns what is said of the endpoint that was declared."""
    if pooled is None:
        return None
    figure = pooled.auc if plan.endpoint == "auc" else pooled.balanced_accuracy
    is_equivalent = figure.equivalence_p < LEVEL
    verdict: Verdict = "like guessing" if is_equivalent else "undecided"
    if figure.p_value < LEVEL and figure.estimate < CHANCE:
        verdict = "mistaken"
    elif figure.p_value < LEVEL:
        verdict = "told apart within the margin" if is_equivalent else "told apart"
    return Primary(
        endpoint=plan.endpoint,
        margin=plan.margin,
        verdict=verdict,
        **figure.model_dump(include={"estimate", "interval", "p_value", "equivalence_p"}),
    )


def agree(collected: Collected) -> Agreement | None:
    """Returns how far readers agree on what the cases are that all have read; None with one reader."""
    said = collected.read_by_all().said
    if len(said) < 2 or not said.size:
        return None
    positive = said.sum(axis=0)
    return compute_fleiss_kappa(np.stack([positive, len(said) - positive], axis=1))


def measure_drift(collected: Collected) -> Drift:
    """Returns how accuracy changes over the session."""
    quarter = np.minimum((np.nan_to_num(collected.places) * QUARTERS).astype(int), QUARTERS - 1)
    shares = [_mean(collected.correct[collected.is_read & (quarter == number)]) for number in range(QUARTERS)]
    slopes = []
    for row, read in enumerate(collected.is_read):
        if len(np.unique(collected.places[row][read])) > 1:
            slopes.append(np.polyfit(collected.places[row][read], collected.correct[row][read].astype(float), 1)[0])
    if not slopes:
        return Drift(quarters=tuple(shares), change=None, interval=(None, None))
    half = math.nan
    if len(slopes) > 1:
        half = stats.t.ppf(0.975, len(slopes) - 1) * np.std(slopes, ddof=1) / math.sqrt(len(slopes))
    mean = float(np.mean(slopes))
    return Drift(quarters=tuple(shares), change=mean, interval=_interval(mean - half, mean + half))


def count_options(answers: Sequence[Answered], plan: Plan, key: Key) -> tuple[OptionCounts, ...]:
    """Returns how often each answer to the second question was given, to images of either kind.

    Of a pair it was asked of the one that the reader took for real.
    """
    counts: dict[tuple[Phase, int], dict[str, int]] = {}
    for each in answers:
        if each.step.kind not in ("naive", "image") or each.step.repeat_of is not None or each.answer["option"] is None:
            continue
        side = 1 if each.answer.get("choice") == "right" else 0
        kind = key.rows[each.step.images[side]].kind
        phase: Phase = "naive" if each.step.kind == "naive" else "told"
        counts.setdefault((phase, each.answer["option"]), {"real": 0, "generated": 0})[kind] += 1
    return tuple(
        OptionCounts(phase=phase, option=plan.question[option], **of_kind)
        for (phase, option), of_kind in sorted(counts.items())
    )


def list_remarks(answers: Sequence[Answered]) -> tuple[Remarked, ...]:
    """Returns what readers said after the naive phase."""
    remarks = [each for each in answers if each.step.kind == "remark"]
    return tuple(
        Remarked(reader=name_reader(each.reader), **each.answer) for each in sorted(remarks, key=lambda one: one.reader)
    )


def rank_fooled(collected: Collected, key: Key) -> tuple[Fooled, ...]:
    """Returns the images that were taken for the other kind, the most often mistaken first; of a pair both are."""
    fooled = []
    for column, images in enumerate(collected.cases):
        wrong = int((collected.is_read & ~collected.correct)[:, column].sum())
        seen = int(collected.is_read[:, column].sum())
        if wrong:
            fooled += [Fooled(image=image, kind=key.rows[image].kind, readers=wrong, of=seen) for image in images]
    return tuple(sorted(fooled, key=lambda each: (-each.readers / each.of, -each.readers, each.image)))


def _figure(combined: Combined, margin: float) -> Figure:
    return Figure(
        estimate=combined.estimate,
        interval=combined.interval(),
        standard_error=combined.standard_error,
        degrees_of_freedom=finite(combined.degrees_of_freedom),
        reader_mean_square=finite(combined.reader_mean_square),
        covariance=finite(combined.covariance),
        p_value=combined.p_value(),
        equivalence_p=combined.equivalence_p(margin),
    )


def _interval(low: float, high: float) -> tuple[float | None, float | None]:
    return finite(low), finite(high)


def _mean(values: Bool[np.ndarray, " answer"]) -> float | None:
    return float(values.mean()) if len(values) else None
