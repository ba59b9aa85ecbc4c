"""What preparing needs to know of a source of images, wherever they come from."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from dcgan_jax.data.labels.report import LabelsReport

TRAIN, VALIDATION, TEST = "train", "val", "test"


@dataclass(frozen=True, order=True)
class SourceImage:
    """One image of a source."""

    split: str  # `TRAIN`, `VALIDATION` or `TEST`
    label: str
    file: str  # its path relative to the source
    patient: str = ""  # whose it is, where the source knows; empty where only its place and name can tell


class Source(ABC):
    """Images in splits and classes."""

    name: str  # what it is and where, for reports
    fingerprint: str  # changes whenever the images do; known without a download
    # What is in it beside the images, and how many files of each.
    passed_over: Mapping[str, int] = MappingProxyType({})
    # What became of the rows of a table of labels; None without one, or before the images are listed.
    labels: LabelsReport | None = None

    @abstractmethod
    def list_images(self) -> list[SourceImage]:
        """Returns all images in a fixed order.

        Raises:
          UserError: when there are none, or not in the layout they should have.
        """

    @abstractmethod
    def num_bytes(self, image: SourceImage) -> int:
        """Returns the size of an image file, as far as it is known."""

    @abstractmethod
    def read_file(self, image: SourceImage) -> bytes:
        """Returns the content of an image file; many threads call this at once.

        Raises:
          BadImageError: when it can't be read.
        """

    def name_of(self, file: str) -> str:
        """Returns what a user calls a file that an image names: for the console, and for nothing that is written."""
        return file

    def locate(self, image: SourceImage) -> Path | None:
        """Returns the absolute path of an image that is a file of its own, None of others."""
        return None
