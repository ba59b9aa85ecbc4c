"""What the report of a prepared set says in words of DICOM files, and of images that came to 8 bits in several ways."""

from collections import Counter

from dcgan_jax.data.reading.dicom.steps import NO_ANNOTATION, DicomSteps
from dcgan_jax.data.report import PreparedReport

_UNLIKE = 0.1  # difference of shares between two classes that a classifier would profit from


def warn_of_dicom(report: PreparedReport) -> list[str]:
    """Returns what a user should know before training on DICOM files, alone or beside others."""
    warnings = []
    silent = sum(NO_ANNOTATION in entry.steps.notes for entry in report.dicom)
    if silent:
        warnings.append(
            f"{silent:,} of {len(report.dicom):,} DICOM files do not say whether text is burnt into their pixels "
            "(BurnedInAnnotation): look at them before you pass anything on"
        )
    ways = {way for counts in report.shown.values() for way in counts}
    unlike = [way for way in sorted(ways) if _spread(report.shown, way) > _UNLIKE]
    if unlike:
        classes = "; ".join(
            f"{label}: {', '.join(f'{count:,} {way}' for way, count in sorted(counts.items()))}"
            for label, counts in report.shown.items()
        )
        warnings.append(
            f"values came to 8 bits in other ways in some classes than in others ({classes}), which can give the class "
            "away: data.intensity=image takes deep files by their own range, whatever window they bring; or save all "
            "files in one way"
        )
    if report.settings.views:
        total = sum(sum(counts.values()) for counts in report.shown.values())
        by_table = report.labels.without_view if report.labels else None
        by_header = total - sum(bool(entry.steps.view) for entry in report.dicom)
        if unsaid := by_header if by_table is None else by_table:
            warnings.append(f"{unsaid:,} of {total:,} images tell no view, so data.views let them pass")
    return warnings


def describe_dicom(report: PreparedReport) -> list[str]:
    """Returns how many DICOM files there are of each kind: steps, views and notes."""
    if not report.dicom:
        return []
    steps = [entry.steps for entry in report.dicom]
    kinds = Counter(map(_describe_steps, steps))
    views = Counter(step.view or "not said" for step in steps)
    notes = Counter(note for step in steps for note in step.notes)
    return [
        *(f"{count:,}: {kind}" for kind, count in kinds.most_common()),
        f"views: {', '.join(f'{view} {count:,}' for view, count in views.most_common())}",
        *(f"{count:,}: {note}" for note, count in notes.most_common()),
    ]


def _spread(shown: dict[str, dict[str, int]], way: str) -> float:
    """Returns by how much the share of images that came to 8 bits in a way differs between classes, at most."""
    shares = [counts.get(way, 0) / sum(counts.values()) for counts in shown.values()]
    return max(shares) - min(shares)


def _describe_steps(steps: DicomSteps) -> str:
    parts = [
        f"{steps.stored}, {steps.transfer_syntax}",
        {"none": "", "rescale": "rescaled", "lookup table": "modality lookup table"}[steps.modality],
        {"none": "no window", "window": "window", "lookup table": "VOI lookup table"}[steps.display],
        "inverted" if steps.inverted else "",
        "padding made black" if steps.padding else "",
    ]
    return "; ".join(part for part in parts if part)
