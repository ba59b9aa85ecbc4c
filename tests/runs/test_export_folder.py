"""An export that was cut off anywhere is made again by the same command; what is not ours stays as it is."""

import hashlib

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.cards.generated import GeneratedCard
from dcgan_jax.cards.origin import Origin
from dcgan_jax.runs.export_folder import ExportFolder
from dcgan_jax.runs.labeling import text_chunks
from dcgan_jax.runs.manifest import GeneratedRow
from dcgan_jax.runs.run import Drawn
from dcgan_jax.settings import DataSettings, ExportSettings
from tests.refusals import refused

DATA = DataSettings(source="phantom")
IMAGES = [np.full((8, 8, 1), value, np.uint8) for value in range(4)]


CARD = GeneratedCard(Origin(DATA, {"NORMAL": 4}, 4, 6, None), {"NORMAL": 4}, "", False, ExportSettings())


class CutOff(Exception):
    """Where a test ends an export."""


def export(root, count=4, cut_after=None):
    folder, rows = ExportFolder(root, ["NORMAL"], DATA), []
    for number, image in enumerate(IMAGES[:count]):
        if number == cut_after:
            raise CutOff
        row = GeneratedRow.of(Drawn(image, number, None), f"NORMAL/{number:05d}.png", "NORMAL", f"0/{number}", 6)
        folder.write(image, row, text_chunks("NORMAL", 6, row.latent_seed))
        rows.append(row)
    folder.finish(rows, IMAGES[0], CARD)


def content(root):
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def expected(tmp_path):
    export(tmp_path / "whole")
    return content(tmp_path / "whole")


@pytest.mark.parametrize("cut_after", range(4))
def test_an_export_that_was_cut_off_is_made_again(tmp_path, expected, cut_after):
    with pytest.raises(CutOff):
        export(tmp_path / "out", cut_after=cut_after)
    export(tmp_path / "out")
    assert content(tmp_path / "out") == expected


@pytest.mark.parametrize(
    "left",
    [
        *("NORMAL/00007.png", "NORMAL/00007.png.part", "manifest.csv.part", "NOTICE.txt.part"),  # of the first version
        *("NORMAL/.00007.png.part", ".grid.png.part", ".manifest.csv.part", ".NOTICE.txt.part"),
    ],
)
def test_what_a_kill_or_a_full_disk_left_is_removed(tmp_path, expected, left):
    (tmp_path / "out" / "NORMAL").mkdir(parents=True)
    (tmp_path / "out" / left).touch()  # empty: the first version wrote images in place
    export(tmp_path / "out")
    assert content(tmp_path / "out") == expected


def test_an_export_of_the_first_version_is_replaced(tmp_path, expected):
    """Its images lie beside the manifest, and its grid does not say that it is synthetic."""
    out = tmp_path / "out"
    out.mkdir()
    row = GeneratedRow.of(Drawn(IMAGES[0], 0, None), "00000.png", "NORMAL", "0/0", 6)
    (out / "manifest.csv").write_text(",".join(GeneratedRow.columns()) + f"\n{row.file},0/0,6,NORMAL,synthetic,,\n")
    Image.new("L", (8, 8)).save(out / "00000.png", pnginfo=text_chunks("NORMAL", 6, "0/0"))
    Image.new("L", (8, 8)).save(out / "grid.png")
    export(out)
    assert content(out) == expected


@pytest.mark.parametrize(
    "name",
    [
        "NORMAL/a.jpg",
        "a.png",
        "grid.png",
        "NOTICE.txt",
        "manifest.csv",
        "README.md",
        "croissant.json",
        "images.npz",
        "walk_NORMAL.mp4",
    ],
)
def test_what_is_not_ours_is_named_and_stays(tmp_path, name):
    theirs = tmp_path / "out" / name
    theirs.parent.mkdir(parents=True)
    if theirs.suffix in (".png", ".jpg"):
        Image.new("L", (8, 8)).save(theirs)
    else:
        theirs.write_text("mine")
    before = content(tmp_path / "out")
    with refused("config.generate.out", path=theirs):
        export(tmp_path / "out")
    assert content(tmp_path / "out") == before


def test_a_folder_with_the_name_of_an_image_is_no_image(tmp_path, expected):
    (tmp_path / "out" / "x.png").mkdir(parents=True)
    export(tmp_path / "out")
    assert content(tmp_path / "out") == expected


@pytest.mark.parametrize("place", ["", "sub", "sub/below"])
def test_the_folder_of_the_real_images_is_refused(tmp_path, place):
    with refused(f"config.data.dir={tmp_path / 'data'}", field="config.generate.out", value=tmp_path / "data" / place):
        ExportFolder(tmp_path / "data" / place, ["NORMAL"], DataSettings(dir=str(tmp_path / "data")))
    assert not (tmp_path / "data").exists()
