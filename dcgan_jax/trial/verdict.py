"""What a comparison supports, as a sentence: a difference, equivalence, or neither shown."""

from dcgan_jax.trial.record import Comparison, Metric, OverCopies
from dcgan_jax.trial.statistics import ENOUGH_SEEDS

LEVEL = 0.05

SAME_CLASSIFIERS = (
    "Both sides of the decision have as many training images, so these are the very classifiers of real images alone: "
    "nothing is compared, and the other comparisons are not corrected for it."
)

METRIC_NAMES: dict[Metric, str] = {
    "auc": "area under the ROC curve",
    "average_precision": "average precision",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "f1": "F1",
}


def describe_difference(comparison: Comparison, margin: float | None, generators: int | None) -> str:
    """Returns a sentence, and a second one where few generators were tried.

    The primary comparison was declared beforehand and is judged by its own p-value, all others by the one that is
    adjusted for their number. "No difference" is never concluded from a large p-value, only from the equivalence test,
    and that is made of the primary comparison alone: the margin was declared for it and for no other.

    Args:
      comparison: all but its verdict.
      margin: of the equivalence test; None where there is none.
      generators: that made the synthetic images of the arm; 0: they are of one folder; None: it has none.
    """
    metric = METRIC_NAMES[comparison.metric]
    p_value = comparison.p_value if comparison.primary else comparison.p_adjusted
    is_equivalent = comparison.p_equivalence is not None and comparison.p_equivalence < LEVEL
    measured = _describe_measured(comparison, "p" if comparison.primary else "adjusted p", p_value)
    if p_value < LEVEL:
        word = "higher" if comparison.difference > 0 else "lower"
        small = f", though by less than the margin of {margin:g}" if is_equivalent else ""
        sentence = f"The {metric} is {word} than with real images alone ({measured}){small}."
    elif is_equivalent:
        sentence = f"The {metric} is the same as with real images alone to within {margin:g} ({measured})."
    else:
        shown = "is shown, nor that there is none" if comparison.primary else "is shown"
        sentence = (
            f"No difference of the {metric} to real images alone {shown} ({measured}){_describe_power(comparison)}."
        )
    return sentence + _warn_of_few(generators)


def describe_over_copies(row: OverCopies, generators: int | None) -> str:
    """Returns a sentence on what synthetic images add over as many copies; see `describe_difference`."""
    measured = _describe_measured(row, "adjusted p", row.p_adjusted)
    metric = METRIC_NAMES["auc"]
    if row.p_adjusted < LEVEL:
        sentence = (
            f"The {metric} is {'higher' if row.difference > 0 else 'lower'} than with as many copies ({measured})."
        )
    else:
        sentence = f"No difference of the {metric} to as many copies is shown ({measured})."
    return sentence + _warn_of_few(generators)


def _describe_measured(row: Comparison | OverCopies, name: str, p_value: float) -> str:
    low, high = row.interval
    return f"{row.difference:+.4f}, 95% interval {low:+.4f} to {high:+.4f}, {name} {_format(p_value)}"


def _warn_of_few(generators: int | None) -> str:
    """Returns a further sentence where there are fewer generators than a test needs to judge how they differ."""
    if generators is None or generators >= ENOUGH_SEEDS:
        return ""
    if generators == 0:
        return " Warning: all synthetic images are of one folder, and nothing is said of another generator's."
    if generators == 1:
        return " Warning: one generator made the synthetic images, and nothing is said of one trained anew."
    return (
        f" Warning: {generators} generators made the synthetic images; how much generators differ is hardly known from "
        f"fewer than {ENOUGH_SEEDS}."
    )


def _describe_power(comparison: Comparison) -> str:
    smallest = comparison.smallest_detectable
    if smallest is None:
        return "; nothing varied, so this trial could not have shown any"
    if smallest >= 1:  # no score is further from another
        return "; this trial was too small to show any"
    return f"; this trial would have shown one of {smallest:.4f} four times out of five"


def _format(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
