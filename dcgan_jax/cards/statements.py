"""Sentences that every card says, to people and to programs: what for, what not for, whose."""

from collections.abc import Iterable

from dcgan_jax.settings import DataSettings, ExportSettings

PROGRAM = "dcgan_jax"

CITATION = (
    "Kermany, Zhang and Goldbaum, Labeled Optical Coherence Tomography (OCT) and Chest X-Ray Images for "
    "Classification, Mendeley Data, v2, doi:10.17632/rscbjbr9sj.2, CC BY 4.0"
)
PUBLISHED_URL = "https://doi.org/10.17632/rscbjbr9sj.2"

_OWN_LICENSE = "The license of the real images holds for them, and for images made from them as far as it says so."

USES = (
    "For research: to train classifiers with beside real images, and to compare with the real images alone "
    "(--mode=trial).",
    "For teaching and for tests of software that takes such images.",
)
NOT_FOR = (
    "Not for diagnosis, nor for any decision about a patient.",
    "Not as test images: whether a classifier works is for real images to say.",
    "Not to be passed on as real images: every file says that it is synthetic; keep that in it.",
)
LIMITS = (
    "Synthetic images are of no patient and no evidence about any.",
    "They have the faults of the images and labels that they were learned from, and may lack what is rare among them.",
    "They can be recognized as synthetic, by file format, size and texture: a classifier that sees them in one class "
    "only may learn that instead of the class.",
    "They may resemble a training image closely, however they were filtered: treat them as you treat those.",
    "More images are no proof of more information: whether they help is for a trial on real images to say.",
)
_BIASES_OF_PUBLISHED = (
    "The real images show children of one to five years from one hospital, anterior-posterior; image sizes differ "
    "between the classes and can give them away."
)
_BIASES = "Who the patients are, and what they were imaged for, is as in the training images; classes are their labels."

_LICENSE_PAGES = {
    "apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
    "cc-by-4.0": "https://creativecommons.org/licenses/by/4.0/",
}


def name_kind(data: DataSettings) -> str:
    """Returns what the images are images of."""
    if data.source == "phantom":
        return "phantoms"
    return "chest X-rays" if data.is_published else "radiographs"


def create_title(what: str, data: DataSettings, labels: Iterable[str]) -> str:
    """Returns a title: "Synthetic radiographs: COVID, NORMAL"."""
    return f"{what} {name_kind(data)}: {', '.join(labels)}"


def describe_source(data: DataSettings) -> str:
    """Returns what the real images are; of a folder, nothing that names it."""
    if data.source == "phantom":
        return f"phantoms that {PROGRAM} draws: of no patient"
    if data.is_published:
        return f"the published chest X-rays of {CITATION}"
    return "a collection of their owners, which is not part of this"


def describe_biases(data: DataSettings) -> str:
    """Returns whom the real images show, and whom not, as far as it is known."""
    if data.source == "phantom":
        return "Phantoms are drawn by rules: what they show of anatomy is what the rules say."
    return _BIASES_OF_PUBLISHED if data.is_published else _BIASES


def describe_attribution(data: DataSettings) -> str:
    """Returns whom to name, and under which terms."""
    if data.source == "phantom":
        return f"No real image was used. The phantoms are drawn by {PROGRAM}, Apache License 2.0."
    if data.is_published:
        return f"The real images are those of {CITATION}: name the authors wherever images made from them go."
    return _OWN_LICENSE


def choose_license(data: DataSettings, export: ExportSettings) -> str:
    """Returns the license that was given, else that of the training data; empty where nobody has said."""
    if export.license or data.is_private:
        return export.license
    return "cc-by-4.0" if data.is_published else "apache-2.0"


def find_license_page(license_name: str) -> str:
    """Returns the address of a license, or its name where no address is known."""
    return _LICENSE_PAGES.get(license_name, license_name) or "as the owners of the training images allow"
