"""A source of two classes of unlike size, for tests of balanced sets."""

import pytest
from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from tests.balance.drawn_runs import COUNTS, open_drawn_run


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "source"
    for place, count in COUNTS.items():
        for index in range(count):
            path = folder / place / f"p{index}" / f"{index}.png"
            path.parent.mkdir(parents=True)
            Image.fromarray(draw_phantom(64, len(place), index, "NORMAL")).save(path)
    return folder


@pytest.fixture
def settings(tiny_settings, source, tmp_path):
    return tiny_settings.with_overrides(
        {"data.source": "chest_xray", "data.dir": str(source), "balance.out": str(tmp_path / "out")}
    )


@pytest.fixture
def workdir(settings, tmp_path, monkeypatch):
    return open_drawn_run(settings, tmp_path / "run", monkeypatch)
