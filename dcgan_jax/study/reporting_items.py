"""Items that CLAIM 2024 and GRRAS ask a reader study for, filled in from what is known here."""

from collections.abc import Iterator

from dcgan_jax.study.plan import Plan
from dcgan_jax.study.report_record import StudyReport

YOURS = "**yours to add:**"

_REAL = {
    "held_out": "patients that the generator was not trained on, one image each",
    "training": "training patients of the generator, one image each: readers may have compared with what it has seen",
    "folder": "a folder; nothing here says whether the generator has seen its patients",
}


_SERVED = "noise of at most one gray level, a black frame, gray levels served as they are"
_BLINDING = (
    "an order of their own for each reader; names of images different for each; equal sizes in bytes and equal headers"
)
_METHODS = (
    "Obuchowski and Rockette's analysis with Hillis' degrees of freedom; Wilson's and DeLong's intervals; two "
    "one-sided tests of equivalence; Fleiss' and Cohen's kappa with the jackknife"
)


def list_items(report: StudyReport) -> list[tuple[str, str]]:
    """Returns each item with what is known of it."""
    return [*_list_design(report.plan), *_list_conduct(report), *_list_analysis(report)]


def _list_design(plan: Plan) -> Iterator[tuple[str, str]]:
    counts = plan.counts
    yield "Purpose, hypothesis", f"whether readers tell real from generated images; {plan.endpoint} is 0.5"
    yield "Design", f"prospective, crossed: all readers read all images; {plan.design}"
    yield "Source of real images", _REAL[plan.origin.real_from]
    yield "Source of generated images", _describe_generator(plan)
    yield (
        "Inclusion",
        f"drawn by chance with seed {plan.seed}, none by eye; {counts.blank} blank generated ones stay in",
    )
    yield "Exclusion", f"{counts.left_out_as_copies} generated images, as near copies of training images"
    yield (
        "Preprocessing",
        f"both kinds alike: resized to {plan.image_size} pixels a side and stretched to 0..255, {_SERVED}",
    )
    yield "Ground truth", "known from the source of each image"
    yield "Sample size", f"for an interval of {plan.expected_half_width:.3f} either way"


def _list_conduct(report: StudyReport) -> Iterator[tuple[str, str]]:
    plan = report.plan
    early = ", which it was early" if report.is_interim else ""
    told = f"{plan.naive} images before a word on generated ones" if plan.naive else "told from the start"
    yield "Ethics, consent", f"each reader agreed on the first page before reading; {YOURS} the approval"
    yield "Readers", f"{len(report.readers)} of {plan.readers}; {YOURS} specialty, experience, how they were found"
    yield "Training of readers", "none; no feedback before the end"
    yield "Blinding", f"{_BLINDING}; the key unread until the study was closed{early}"
    yield "Information given", f"{told}; the share of generated images was not told"
    yield "Display", f"in a browser, zoom, brightness and contrast free; {YOURS} monitors and surroundings"
    yield "Independence of ratings", f"each under a code of their own; {YOURS} whether they talked"
    yield "Repeated ratings", f"{plan.repeats:.0%}, at least a quarter of the session later, unannounced"


def _list_analysis(report: StudyReport) -> Iterator[tuple[str, str]]:
    missing = f"{', '.join(report.unfinished)} unfinished; pooled over images that all have read"
    yield "Statistical methods", _METHODS
    yield "Multiplicity", "one primary endpoint, declared beforehand; everything else is descriptive"
    yield "Missing answers", missing if report.unfinished else "none"
    yield "Deviations from the plan", "interim analysis" if report.is_interim else f"none known; {YOURS} any other"
    yield "Limits", f"one generator, one source of real images, {report.plan.image_size} pixels a side; {YOURS} others"
    yield "Data and code", f"answers.csv, study.json, dcgan_jax {report.plan.version}"


def _describe_generator(plan: Plan) -> str:
    if not plan.origin.run_identity:
        return f"a folder; {YOURS} the generator"
    return (
        f"run {plan.origin.run_identity[:12]}, step {plan.origin.checkpoint_step}; fresh latents, none chosen by hand"
    )
