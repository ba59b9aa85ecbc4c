"""`config.study`: whether readers can tell real images from generated ones, and how they are asked."""

from typing import Annotated, Literal

from annotated_types import Unit
from pydantic import Field, field_validator

from dcgan_jax.errors import FieldError
from dcgan_jax.settings.section import AbsolutePath, Listed, NonNegativeInt, ProperShare, Section, Seed, Share

LOCAL_HOSTS = ("127.0.0.1", "localhost")


class StudySettings(Section):
    """What `--mode=study` shows to readers, to how many, and where it is served."""

    design: Literal["rating", "pairs"] = "rating"
    """rating: one image, real or generated, and how sure; pairs: two images, which one is real."""
    readers: Annotated[int, Field(gt=0, le=200), Unit("readers")] = 5
    """How many will read."""
    images: Annotated[int, Field(ge=2), Unit("images")] = 100
    """Images of each kind; of pairs, as many pairs."""
    repeats: Annotated[float, Field(ge=0, le=0.5), Unit("share of images")] = 0.15
    """Of them, those that each reader sees twice without being told."""
    generated_share: Annotated[ProperShare, Unit("share of images")] = 0.5
    """Of all that are shown, the generated ones; readers are not told it."""
    question: str = ""
    """Answers to what each image shows, as in "NORMAL / PNEUMONIA / can't say". Empty: only which images are real."""
    naive: Annotated[NonNegativeInt, Unit("images")] = 0
    """Images shown first, without a word of generated ones, with the question alone."""
    margin: Annotated[float, Field(gt=0, lt=0.5), Unit("accuracy")] = 0.1
    """Distance from one half within which readers count as guessing."""
    endpoint: Literal["accuracy", "auc"] = "accuracy"
    """The figure that the conclusion rests on: balanced accuracy, or the area under the ROC curve of the confidence."""
    seed: Seed = 0
    """Of the latents, and of which real images are taken."""
    real: Literal["held_out", "training"] = "held_out"
    """Whose real images: of patients that the run has not seen, or of its training patients, which the report says."""
    real_dir: AbsolutePath = ""
    """Folder of real images. Empty: of the run's data."""
    generated_dir: AbsolutePath = ""
    """Folder of generated images. Empty: drawn from the run in `--workdir`."""
    max_similarity: Annotated[Share, Unit("correlation")] = 0.97
    """Generated images that correlate more with a training image are left out; 0: none are."""
    consent: AbsolutePath = ""
    """Markdown file that readers see first and agree to. Empty: a short text."""
    instructions: AbsolutePath = ""
    """Markdown file that says what to do. Empty: a short text."""
    host: str = "127.0.0.1"
    """Address to serve at."""
    port: Annotated[int, Field(ge=0, lt=2**16)] = 8000
    """Port to serve at; 0: any that is free."""
    allow_network: bool = False
    """Serves at an address that other machines reach, without TLS (docs/study.md)."""
    trusted_hosts: Annotated[tuple[str, ...], *Listed] = ()
    """Names that a proxy is reached under, besides `config.study.host`."""
    new_code: str = ""
    """Reader (R1, R2, ...) or `organizer` whose lost code is replaced before serving."""
    report: bool = False
    """Closes the study and writes the report."""
    interim: bool = False
    """Reports before all readers are done; the report says so."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers to `question`; none where nothing is asked."""
        return _split_question(self.question)

    @field_validator("question")
    @classmethod
    def _has_choices(cls, value: str) -> str:
        choices = _split_question(value)
        if choices and not (2 <= len(choices) <= 6 and all(choices) and len(set(choices)) == len(choices)):
            raise ValueError("2 to 6 different answers with / between them, or nothing")
        return value

    def _check(self) -> None:
        if bool(self.real_dir) != bool(self.generated_dir):
            given, missing = ("real_dir", "generated_dir") if self.real_dir else ("generated_dir", "real_dir")
            message = f"needs config.study.{missing} beside it: give both, or neither for the images of a run."
            raise FieldError(f"config.study.{given}", getattr(self, given), message)
        if self.design == "pairs" and self.generated_share != 0.5:
            message = "does not go with config.study.design=pairs, where one of two is generated: leave it at 0.5."
            raise FieldError("config.study.generated_share", self.generated_share, message)
        if self.naive and not self.question:
            raise FieldError(
                "config.study.naive",
                self.naive,
                "shows images without a word of generated ones, and nothing is asked about them: give "
                "config.study.question, as in 'NORMAL / PNEUMONIA'.",
            )
        if self.host not in LOCAL_HOSTS and not self.allow_network:
            raise FieldError(
                "config.study.host",
                self.host,
                "can be reached from other machines, and what readers send would cross the network in the clear: put "
                "a proxy with TLS before 127.0.0.1 (docs/study.md), or give config.study.allow_network=True where "
                "the network is your own.",
            )
        if self.host == "0.0.0.0" and not self.trusted_hosts:
            raise FieldError(
                "config.study.host",
                self.host,
                "is every address of this machine, and only requests for names that are known are answered: give "
                "config.study.trusted_hosts, as in study.example.org,192.0.2.7.",
            )


def _split_question(question: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in question.split("/")) if question else ()
