"""`--mode=report`: what a workdir holds by now -> report.html."""

import logging
from pathlib import Path

from dcgan_jax.errors import FileError
from dcgan_jax.report.curves import draw_curves
from dcgan_jax.report.page import Page, create_page
from dcgan_jax.report.pictures import (
    MOST_OF_CLOSEST,
    MOST_OF_COMPARISON,
    MOST_OF_FOOLED,
    Pictures,
    read_figure,
    read_pictures,
)
from dcgan_jax.report.records import Records, read_records
from dcgan_jax.report.render import render
from dcgan_jax.runs.figures import COMPARISON, HOLDS_REAL
from dcgan_jax.runs.workdir import Workdir
from dcgan_jax.settings import Settings
from dcgan_jax.storage import atomic_file
from dcgan_jax.study.file_names import FOOLED
from dcgan_jax.study.plan import FOLDER as STUDY

logger = logging.getLogger(__name__)


def report(settings: Settings, workdir: Workdir) -> None:
    """Writes the page, and says where it is; raises UserError if there is nothing to report."""
    logger.info("see %s", write_report(workdir.root, settings.report.include_real))


def write_report(root: Path, include_real: bool = False) -> Path:
    """Writes report.html in a workdir, in which a run may be training, and returns its path.

    No device is used. Real images, and the names of their files, are shown where `include_real` is true. Raises
    UserError if there is nothing to report.
    """
    workdir = Workdir(root)
    atomic_file.write_text(workdir.report, create_report(root, include_real))
    return workdir.report


def create_report(root: Path, include_real: bool = False, is_shared: bool = False) -> str:
    """Returns the page as HTML: the same bytes for the same records.

    Args:
      root: the workdir.
      include_real: show real images too, and the names of their files.
      is_shared: it goes without the workdir: no links to its files, and no paths of this machine.

    Raises:
      UserError: there is nothing to report.
    """
    workdir = Workdir(root)
    records = read_records(workdir)
    if records.is_empty:
        raise FileError(root, "holds nothing to report: give the --workdir of a run, a trial or a study.")
    page = create_page(records, include_real, is_shared)
    pictures = _read_pictures(workdir, records, page, include_real)
    return render(page, pictures, draw_curves(records.metrics, "loss"), draw_curves(records.metrics, "accuracy"))


def _read_pictures(workdir: Workdir, records: Records, page: Page, include_real: bool) -> Pictures:
    pictures = Pictures()
    if records.settings:
        pictures = read_pictures(workdir.samples, records.settings.data.image_size, len(records.classes))
    if not include_real:
        return pictures
    closest = _find_closest(workdir, page)
    sources = [(label, read_figure(find_figure(path), MOST_OF_CLOSEST // len(closest))) for label, path in closest]
    return pictures._replace(
        comparison=read_figure(find_figure(workdir.figures / COMPARISON), MOST_OF_COMPARISON),
        closest=tuple((label, source) for label, source in sources if source),
        fooled=read_figure(find_figure(workdir.root / STUDY / "figures" / FOOLED), MOST_OF_FOOLED),
    )


def find_figure(path: Path) -> Path:
    """Returns the path of a figure that shows real images; one of an older version does not say so in its name."""
    older = path.with_name(path.name.replace(f"_{HOLDS_REAL}", ""))
    return older if not path.exists() and older.exists() else path


def _find_closest(workdir: Workdir, page: Page) -> list[tuple[str, Path]]:
    """Returns the figures of the closest pairs by their class, whose name is left out where it is the only one."""
    if not page.evaluation:
        return []
    stem = (workdir.root / page.evaluation).with_suffix("").name + f"_closest_{HOLDS_REAL}"
    labels = [of_class.label for of_class in page.classes]
    if len(labels) == 1:
        return [("", workdir.evaluation / f"{stem}.png")]
    return [(label, workdir.evaluation / f"{stem}_{label}.png") for label in labels]
