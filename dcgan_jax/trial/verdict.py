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


def describe_difference(comparison: dict[str, Any], margin: float) -> str:
    """Returns one sentence.

    The primary comparison was declared beforehand and is judged by its own p-value, all others by the one that is
    adjusted for their number. "No difference" is never concluded from a large p-value, only from the equivalence test.

    Args:
      comparison: `metric`, `difference`, `interval`, `p_value`, `p_adjusted`, `p_equivalence`, `smallest_detectable`
        and `primary` are used.
      margin: of the equivalence test.
    """
    metric = METRIC_NAMES[comparison["metric"]]
    difference = comparison["difference"]
    is_different = comparison["p_value" if comparison["primary"] else "p_adjusted"] < LEVEL
    is_equivalent = comparison["p_equivalence"] < LEVEL
    low, high = comparison["interval"]
    measured = f"{difference:+.4f}, 95% interval {low:+.4f} to {high:+.4f}"
    if is_different:
        word = "higher" if difference > 0 else "lower"
        small = f", though by less than the margin of {margin:g}" if is_equivalent else ""
        return f"The {metric} is {word} than with real images alone ({measured}){small}."
    if is_equivalent:
        return f"The {metric} is the same as with real images alone to within {margin:g} ({measured})."
    return (
        f"No difference of the {metric} to real images alone is shown, nor that there is none ({measured}); this trial "
        f"would have shown one of {comparison['smallest_detectable']:.4f} four times out of five."
    )
