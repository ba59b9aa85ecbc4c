"""`config.data`: which images are learned, how they are prepared, and in which order they come."""

import re
from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field, field_validator

from dcgan_jax.errors import FieldError
from dcgan_jax.settings.section import AbsolutePath, Fraction, InOrder, Listed, PositiveInt, Section, ShareBelowOne

ALL_CLASSES = "ALL"
"""As `data.label`: every class that has training images, told apart, in one run."""


class DataSettings(Section):
    """Which images, how they are prepared, in which order they come."""

    source: Literal["chest_xray", "phantom"] = "chest_xray"
    """`chest_xray`: a folder of X-rays, or the published archive. `phantom`: drawn, without a download."""
    dir: AbsolutePath = ""
    """Folder with split/class/* or class/*. Empty: the published archive (1.2 GB) is downloaded."""
    views: Annotated[tuple[str, ...], *Listed] = ()
    """Views that are read (PA,AP), by DICOM headers or a column of the table. Empty: all but lateral ones."""
    admit: Annotated[tuple[Literal["for_processing", "frames"], ...], *Listed] = ()
    """DICOM files that are otherwise refused: FOR PROCESSING images; of several `frames`, the first."""
    labels: AbsolutePath = ""
    """Table (CSV) that says what the images below `config.data.dir` show. Empty: their folders do."""
    columns: Annotated[tuple[str, ...], Field(max_length=3), InOrder] = ()
    """Its columns of file, label and patient; a blank label: one column a finding. Empty: by the usual names."""
    exclude: Annotated[tuple[str, ...], *Listed] = ()
    """Findings of that table that no image may have, whatever its class."""
    patient_pattern: str = ""
    """Regular expression whose one group finds the patient in a path. Empty: by folders and usual names."""
    test: Annotated[ShareBelowOne, Unit("share of patients")] = 0.2
    """Set apart for tests where the source has no test split. 0: none."""
    variant: Literal["kaggle", "published"] = "kaggle"
    """How the archive is split: 1,341 NORMAL training images as in the paper (`kaggle`), or 1,349 (`published`)."""
    label: str = "NORMAL"
    """The class to learn. `ALL`: every class that has training images, told apart, in one run."""
    image_size: Annotated[Literal[64, 128, 256, 512], Unit("pixels a side")] = 128
    """Size of the square images."""
    resize: Literal["antialias", "nearest"] = "antialias"
    """How images are resized; the paper's code has `nearest`."""
    aspect: Literal["ignore", "pad"] = "ignore"
    """`ignore` stretches to a square, as the paper does. `pad` keeps the shape and adds black borders."""
    intensity: Literal["dataset", "container", "image", "equalize"] = "dataset"
    """Black and white of files deeper than 8 bits: of all, the type's, each image's; `equalize`: as MIMIC-CXR-JPG."""
    on_bad_image: Literal["error", "skip"] = "error"
    """Unreadable files: stop and list all of them, or leave them out and report them."""
    holdout: Annotated[ShareBelowOne, Unit("share of patients")] = 0.0
    """Training patients kept out of training, for scores and memorization checks."""
    fraction: Annotated[Fraction, Unit("share of patients")] = 1.0
    """The remaining training patients that are used."""
    split_seed: Annotated[int, Field(ge=-1, lt=2**31)] = -1
    """Which patients those two are: the same for runs of several seeds. -1: `config.seed`."""
    sampling: Literal["replacement", "shuffle", "balanced"] = "replacement"
    """Images are drawn with replacement, as in the paper; or once per pass; or every class as often as the others."""
    placement: Literal["auto", "device", "stream"] = "auto"
    """Images stay on the device, or are streamed by tf.data. `auto`: on the device if they fit the budget."""
    device_budget_mib: Annotated[PositiveInt, Unit("MiB")] = 2048
    """What resident images may take on each device under `auto`."""
    phantom_count: Annotated[PositiveInt, Unit("images")] = 512
    """Drawn training images of each class, for `config.data.source=phantom`."""

    @property
    def is_published(self) -> bool:
        """Whether the real images are the published ones, whose license is known."""
        return self.source == "chest_xray" and not self.dir

    @property
    def is_private(self) -> bool:
        """Whether they may be of patients who did not agree to be seen: neither published nor drawn."""
        return self.source != "phantom" and not self.is_published

    @field_validator("patient_pattern")
    @classmethod
    def _pattern_has_one_group(cls, value: str) -> str:
        try:
            groups = re.compile(value).groups if value else 1
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from None
        if groups != 1:
            raise ValueError(f"a regular expression with one group in parentheses, and not {groups}")
        return value

    def _check(self) -> None:
        for name, value, needed in (
            ("labels", self.labels, "dir"),
            ("patient_pattern", self.patient_pattern, "dir"),
            ("columns", ",".join(self.columns), "labels"),
            ("exclude", ",".join(self.exclude), "labels"),
        ):
            if value and not getattr(self, needed):
                message = f"is not read without config.data.{needed}: give that, or leave it out."
                raise FieldError(f"config.data.{name}", value, message)
        if self.source == "phantom" and self.dir:
            remedy = "give config.data.source=chest_xray to train on the folder."
            raise FieldError("config.data.dir", self.dir, f"is not read with config.data.source=phantom: {remedy}")
