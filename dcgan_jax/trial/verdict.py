"""What a comparison supports, as a sentence: a difference, equivalence, or neither shown."""

from typing import Any

LEVEL = 0.05

METRIC_NAMES = {
    "auc": "area under the ROC curve",
    "average_precision": "average precision",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "f1": "F1",
}


def describe_difference(comparison: dict[str, Any], margin: float | None) -> str:
    """Returns one sentence.

    The primary comparison was declared beforehand and is judged by its own p-value, all others by the one that is
    adjusted for their number. "No difference" is never concluded from a large p-value, only from the equivalence test,
    and that is made of the primary comparison alone: the margin was declared for it and for no other.

    Args:
      comparison: `metric`, `difference`, `interval`, `p_value`, `p_adjusted`, `p_equivalence`, `smallest_detectable`
        and `primary` are used.
      margin: of the equivalence test; None where there is none.
    """
    metric = METRIC_NAMES[comparison["metric"]]
    difference = comparison["difference"]
    is_primary = comparison["primary"]
    p_value = comparison["p_value" if is_primary else "p_adjusted"]
    is_equivalent = margin is not None and comparison["p_equivalence"] < LEVEL
    low, high = comparison["interval"]
    measured = f"{difference:+.4f}, 95% interval {low:+.4f} to {high:+.4f}, {_name(is_primary)} {_format(p_value)}"
    if p_value < LEVEL:
        word = "higher" if difference > 0 else "lower"
        small = f", though by less than the margin of {margin:g}" if is_equivalent else ""
        return f"The {metric} is {word} than with real images alone ({measured}){small}."
    if is_equivalent:
        return f"The {metric} is the same as with real images alone to within {margin:g} ({measured})."
    shown = "is shown, nor that there is none" if is_primary else "is shown"
    return f"No difference of the {metric} to real images alone {shown} ({measured}){_describe_power(comparison)}."


def _describe_power(comparison: dict[str, Any]) -> str:
    smallest = comparison["smallest_detectable"]
    if smallest is None:
        return "; nothing varied, so this trial could not have shown any"
    if smallest >= 1:  # no score is further from another
        return "; this trial was too small to show any"
    return f"; this trial would have shown one of {smallest:.4f} four times out of five"


def _name(is_primary: bool) -> str:
    return "p" if is_primary else "adjusted p"


def _format(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"
