"""`config.eval`, `.generate`, `.balance`, `.report`: how a generator is scored, what is drawn from it and shown."""

import datetime
from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field, field_validator

from dcgan_jax.errors import FieldError
from dcgan_jax.settings.section import (
    AbsolutePath,
    Fraction,
    Listed,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    Section,
    Seed,
    Share,
    ZeroOrSeveral,
)


class EvalSettings(Section):
    """How the images are scored."""

    weights: AbsolutePath = ""
    """Inception-V3 weights in pytorch-fid's format. Empty: the official file (96 MB) is downloaded."""
    dims: Literal[64, 192, 768, 2048] = 768
    """Length of the feature vectors; the paper has 768."""
    every_epochs: Annotated[NonNegativeInt, Unit("epochs")] = 0
    """Epochs between scores during training. 0: off."""
    every_steps: Annotated[NonNegativeInt, Unit("steps")] = 0
    """Steps between scores during training. Not 0: wins over epochs."""
    num_samples: Annotated[int, Field(ge=2), Unit("images")] = 1000
    """Generated images of each score."""
    seeds: Annotated[PositiveInt, Unit("seeds")] = 10
    """Latent seeds of a full evaluation; fewer than 10 give scores without an interval."""
    preprocess: Literal["pytorch_fid", "pillow", "clean"] = "pytorch_fid"
    """How images come to 299x299: as in pytorch-fid, by Pillow first as in the paper, or as in clean-fid."""
    resize_filter: Literal["bicubic", "nearest"] = "bicubic"
    """Of `pillow`: Pillow's from version 2.7 on, or before."""
    stretch: bool = False
    """Stretch every generated image to 0..255 before it is scored, as the paper's author did."""
    protocol: Literal["default", "paper"] = "default"
    """`paper`: 1,341 real images against 1,000, `pillow` and 768, whatever the fields above say."""
    checkpoint: str = "best"
    """What evaluate and generate take: `best`, `latest` or a step."""

    @field_validator("checkpoint")
    @classmethod
    def _is_choice(cls, value: str) -> str:
        if value not in ("best", "latest") and not value.isdecimal():
            raise ValueError("best, latest or a step")
        return value


class GenerateSettings(Section):
    """What `--mode=generate` writes."""

    count: Annotated[PositiveInt, Unit("images")] = 1000
    """Images to write, of each class."""
    label: str = ""
    """The class to draw. Empty: every class of the run, in a folder each."""
    seed: Seed = 0
    """Seed of the latents."""
    out: AbsolutePath = ""
    """Folder for the images. Empty: generated/ in the workdir."""
    max_similarity: Share = 0.97
    """Leave out images that correlate more with a training image. 0: copies are not looked for."""
    seeds: Annotated[tuple[Seed, ...], *Listed] = ()
    """One image of each of these latent seeds, its first, instead of `count` images of `seed`."""
    truncation: Fraction = 1.0
    """Latents are scaled by it: below 1, images are cleaner and more alike, and how much more is said. 1: off."""
    format: Literal["png", "npz"] = "png"
    """A PNG file an image, or one images.npz of all of them."""
    walk: Annotated[ZeroOrSeveral, Unit("frames")] = 0
    """Frames of a loop through the latents of `seeds`, or of the first five images. 0: none."""

    def _check(self) -> None:
        if self.walk and len(self.seeds) == 1:
            message = "needs two latents or more: give more config.generate.seeds, or none."
            raise FieldError("config.generate.walk", self.walk, message)


class BalanceSettings(Section):
    """What `--mode=balance` writes."""

    ratio: PositiveFloat = 1.0
    """Every class is filled up to this share of the largest class's training images."""
    out: AbsolutePath = ""
    """The new data set's folder. Empty: balanced/ in the workdir."""
    runs: Annotated[tuple[AbsolutePath, ...], *Listed] = ()
    """Workdirs of the runs to draw from, one for each class to fill. Empty: `--workdir`."""
    resolution: Literal["model", "source"] = "model"
    """Real images are written at the generator's size too, or at their own, which gives synthetic ones away."""
    real: Literal["link", "copy"] = "link"
    """Real images keep their names, and are links where the file serves as it is; or numbers that name no source."""
    seed: Seed = 0
    """Seed of the latents."""
    max_similarity: Share = 0.97
    """Leave out images that correlate more with a training image. 0: none."""


class ExportSettings(Section):
    """What `--mode=export` allows, and what only those who pass a folder on can say in its card."""

    unassessed: bool = False
    """Export a generator of private data although nobody has looked for copies; the card says so."""
    creator: str = ""
    """Who passes it on: a person or an institution. Empty: not stated."""
    url: str = ""
    """Where it will be found. Empty: not stated."""
    license: str = ""
    """As Hugging Face spells it (`cc-by-4.0`), or an address. Empty: that of the training data, where it is known."""
    date: str = ""
    """Day of publication, as 2026-11-28. Empty: not stated."""

    @field_validator("date")
    @classmethod
    def _is_day(cls, value: str) -> str:
        try:
            is_day = not value or datetime.date.fromisoformat(value).isoformat() == value  # not every form of ISO 8601
        except ValueError:
            is_day = False
        if not is_day:
            raise ValueError("a day as 2026-11-28")
        return value


class ReportSettings(Section):
    """What report.html shows, which is written at the end of a mode and by `--mode=report`."""

    include_real: bool = False
    """Show real images too, which may be private: beside generated ones, and the closest training images."""
