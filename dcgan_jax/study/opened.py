"""A planned study, opened to be served: everything but the key."""

from dataclasses import dataclass
from pathlib import Path

from dcgan_jax.errors import FileError, UserError
from dcgan_jax.study.database import FILE, Database
from dcgan_jax.study.plan import CONSENT, IMAGES, INSTRUCTIONS, PLAN, Plan, hash_bytes
from dcgan_jax.study.sessions import Sessions
from dcgan_jax.study.store import Store


@dataclass(frozen=True)
class OpenedStudy:
    """What the server knows. What each image is, it does not."""

    plan: Plan
    plan_sha256: str  # of study.json
    store: Store  # steps and answers
    sessions: Sessions  # who is signed in
    consent: str  # Markdown
    instructions: str  # Markdown
    database: Database
    _pixels: bytes

    def image(self, number: int) -> bytes:
        """Returns the gray levels of one image, row by row: as many bytes for each."""
        size = self.plan.image_size**2
        return self._pixels[number * size : (number + 1) * size]

    @classmethod
    def open(cls, folder: Path) -> "OpenedStudy":
        """Opens a study and checks that it is as it was planned.

        Raises:
          UserError: a file is missing or has been changed.
        """
        plan = Plan.read(folder / PLAN)
        plan_sha256 = hash_bytes((folder / PLAN).read_bytes())
        pixels = read_unchanged(folder / IMAGES, plan.images_sha256)
        consent = read_unchanged(folder / CONSENT, plan.consent_sha256).decode()
        instructions = read_unchanged(folder / INSTRUCTIONS, plan.instructions_sha256).decode()
        database = Database(folder / FILE)
        store = Store(database)
        if store.plan_sha256 != plan_sha256:
            raise _changed(folder / PLAN)
        return cls(plan, plan_sha256, store, Sessions(database), consent, instructions, database, pixels)

    def close(self) -> None:
        """Closes the answers."""
        self.database.close()


def read_unchanged(path: Path, sha256: str) -> bytes:
    """Returns the content of a file of the study; raises UserError if it is not what was planned."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}): restore it from a copy of the folder.") from None
    if hash_bytes(content) != sha256:
        raise _changed(path)
    return content


def _changed(path: Path) -> UserError:
    return FileError(path, "is not as it was planned, and a plan is frozen: restore it from a copy of the folder.")
