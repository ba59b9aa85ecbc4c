"""A run that draws without a generator, for tests of balanced sets."""

from typing import ClassVar

from dcgan_jax.balance import plan
from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.train_files import TrainFile
from dcgan_jax.runs.provenance import Provenance
from dcgan_jax.runs.run import Drawn, Nearest, Run
from dcgan_jax.runs.workdir import Workdir

COUNTS = {"train/NORMAL": 3, "train/PNEUMONIA": 6, "test/NORMAL": 2, "test/PNEUMONIA": 2}


class DrawnRun(Run):
    """A run whose images are drawn phantoms, every third one a near copy that is left out."""

    labels: ClassVar = ["NORMAL"]
    step = 40

    def __init__(self, settings, workdir):
        self.__dict__.update(settings=settings, workdir=workdir)
        (label,) = self.labels
        rows = (TrainFile(f"train/{label}/p{index}/0.png", label, f"p{index}", f"pixels {index}") for index in range(3))
        self.__dict__["provenance"] = Provenance(str(workdir.root), tuple(rows))

    def require_size(self, image_size):
        assert image_size == 64

    def draw_without_copies(self, label, seed, stream, count):
        assert label == "NORMAL"
        numbers = [number for number in range(2 * count) if number % 3][:count]
        for number in numbers:
            pixels = draw_phantom(64, seed, 100 + number, "NORMAL")
            yield Drawn(pixels[..., None], number, Nearest("train/NORMAL/p0/0.png", 0.75))


def open_drawn_run(settings, root, monkeypatch):
    """A workdir with a run whose generator needs no training."""
    workdir = Workdir(root)
    workdir.root.mkdir()
    settings.save(workdir.config)
    monkeypatch.setattr(plan, "open_run", lambda path, checkpoint, mesh, max_similarity: DrawnRun(settings, workdir))
    monkeypatch.setattr(Workdir, "identity", lambda self, settings: "identity")
    return workdir
