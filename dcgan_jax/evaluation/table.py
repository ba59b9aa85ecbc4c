"""A record as a small table for the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

_WIDTH = 22


def describe_record(record: Mapping[str, Any]) -> str:
    """Returns the main scores of a record, what to compare them with, and the warnings.

    Args:
      record: of record.create_report, or of class_scores.ClassScorer: class after class, then the mean.
    """
    if "classes" not in record:
        return "\n".join(_lines(record))
    tables = [f"{label}: {describe_record(of_class)}" for label, of_class in record["classes"].items()]
    return "\n\n".join([*tables, _row("FID of all classes", record["fid"], record["fid_is"])])


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    interval = record["interval"] or {}
    yield (
        f"{record['num_real']:,} real against {record['num_generated']:,} generated images of step {record['step']}, "
        f"dims {record['dims']}, {record['preprocess']} ({record['resize_filter']}), weights: {record['weights']}"
    )
    yield _row(f"FID ({record['dims']})", record["fid"], _range(interval, "at these counts"))
    if (floor := record["floor"]) is not None:
        counts = f"{floor['num_real']:,} against {floor['num_other']:,}"
        yield _row(
            "  real against real",
            floor["fid"],
            f"{counts} training images, the floor, divided by {floor['divided_by']}",
        )
        ratio = "" if floor["ratio"] is None else f": {floor['ratio']:.1f} times the floor"
        yield _row("  at those counts", floor["score"], f"generated images{ratio}")
        if floor["held_out"]:
            yield _row("  held-out images", floor["held_out"]["fid"], "training against held-out images")
    counts = "{num_real:,} against {num_generated:,}".format(**record["fid_2048_counts"])
    yield _row("FID (2048)", record["fid_2048"], f"{counts}, the first latent seed; compares only at these counts")
    yield _row("KID", record["kid"], _range(interval.get("kid"), "against training images"))
    yield _row("KID, held-out", record["kid_held_out"], _range(interval.get("kid_held_out"), "against held-out images"))
    for name in ("precision", "recall", "density", "coverage"):
        yield _row(name, record[name])
    yield _row(
        "MS-SSIM of pairs",
        record["ms_ssim"],
        f"real images: {record['ms_ssim_real']:.3f}; {record['ms_ssim_pairs']} pairs each",
    )
    yield _describe_memorisation(record["memorisation"])
    for warning in record["warnings"]:
        yield f"Warning: {warning}"


def _describe_memorisation(section: Mapping[str, Any]) -> str:
    share = section["memorised_share"]
    if isinstance(share, str):
        return f"{'memorised share':{_WIDTH}}{share}: {section['reason']}"
    low, high = section["memorised_share_interval"]
    innocent = f"up to {section['innocent_share']['highest']:.3f} without copying"
    measured = f"held-out images: {section['false_positive_rate']:.3f}"
    return _row("memorised share", share, f"{low:.3f} to {high:.3f} (95%); {innocent}, {measured}; evidence, not proof")


def _range(interval: Mapping[str, Any] | None, what: str) -> str:
    return f"{interval['low']:.4g} to {interval['high']:.4g} ({interval['level']:.0%}) {what}" if interval else what


def _row(name: str, value: float | None, note: str = "") -> str:
    return f"{name:{_WIDTH}}{'-' if value is None else f'{value:.4g}':<10}{note}".rstrip()
