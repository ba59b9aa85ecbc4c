"""What `config.generate` can ask for: seeds, truncation, an archive, a walk; and the card beside the images."""

import csv
import io
import logging
import re
import shutil

import huggingface_hub
import numpy as np
import pytest
from PIL import Image, ImageSequence

from dcgan_jax.data.synthetic_marks import is_marked
from dcgan_jax.runs.animation import can_encode_mp4
from dcgan_jax.runs.asked_images import KEYS, create_loop
from dcgan_jax.runs.generate import generate
from dcgan_jax.runs.run import STREAM, Run
from dcgan_jax.runs.workdir import Workdir
from tests.refusals import refused

BESIDE = {"README.md", "croissant.json", "NOTICE.txt", "manifest.csv", "grid.png"}


@pytest.fixture(scope="module")
def run(finished_run, tmp_path_factory):
    return Workdir(shutil.copytree(finished_run, tmp_path_factory.mktemp("generate") / "run"))


@pytest.fixture
def draw(run, tmp_path):
    """Generates with some fields; returns the folder."""

    def generate_with(**fields):
        asked = {"count": 3, "max_similarity": 0.0, "out": str(tmp_path / "out"), **fields}
        generate(run.settings({f"generate.{name}": value for name, value in asked.items()}), run)
        return tmp_path / "out"

    return generate_with


def pixels(path):
    return np.asarray(Image.open(path))


def names(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def rows(folder):
    return list(csv.DictReader(io.StringIO((folder / "manifest.csv").read_text())))


def test_without_any_of_it_the_manifest_is_as_it_was(draw):
    folder = draw()
    assert names(folder) == BESIDE | {f"NORMAL/0000{number}.png" for number in range(3)}
    header = "file,latent_seed,checkpoint_step,class,synthetic,nearest_training_file,similarity"
    assert (folder / "manifest.csv").read_text().splitlines()[:2] == [
        header,
        "NORMAL/00000.png,0/0,6,NORMAL,synthetic,,",
    ]
    source = Image.open(folder / "NORMAL/00000.png").text["Source"]
    assert source == "checkpoint step 6, latent seed 0/0"


def test_the_card_says_what_was_drawn(draw):
    card = huggingface_hub.DatasetCard((draw() / "README.md").read_text())
    assert card.data.license == "apache-2.0"
    assert "| NORMAL | 3 |" in card.text
    assert "Near copies of training images were not looked for." in card.text


def test_each_seed_gives_its_first_image(draw, run):
    folder = draw(seeds=(17, 3))
    assert names(folder) == BESIDE | {"NORMAL/seed_00003.png", "NORMAL/seed_00017.png"}
    assert [row["latent_seed"] for row in rows(folder)] == ["17/0", "3/0"]
    for seed in (3, 17):
        expected = Run(run, run.settings({})).sample(1, seed=seed)
        np.testing.assert_array_equal(pixels(folder / f"NORMAL/seed_{seed:05d}.png"), expected[0])


def test_truncation_scales_latents_and_says_what_it_costs(draw, run, caplog):
    caplog.set_level(logging.INFO)
    full, truncated = (pixels(draw(truncation=share) / "NORMAL/00001.png") for share in (1.0, 0.5))
    assert not np.array_equal(full, truncated)
    (said,) = re.findall(r"MS-SSIM of pairs is NORMAL (\d\.\d+) instead of (\d\.\d+)", caplog.text)
    assert float(said[0]) > float(said[1])
    folder = draw(truncation=0.5)
    assert said[0] in (folder / "README.md").read_text()
    assert {row["truncation"] for row in rows(folder)} == {"0.5"}
    assert Image.open(folder / "NORMAL/00000.png").text["Source"].endswith("latent seed 0/0, truncation 0.5")
    opened = Run(run, run.settings({}))
    latents = 0.5 * opened.sampler.latents(0, STREAM, 3)
    (expected,) = opened.sampler.images_of(opened.state.sampled_generator, latents)
    np.testing.assert_array_equal(truncated, expected[1, ..., 0])


def test_an_archive_holds_the_same_images(draw):
    expected = [pixels(draw() / f"NORMAL/0000{number}.png") for number in range(3)]
    folder = draw(format="npz")
    assert names(folder) == BESIDE | {"images.npz"}
    assert not (folder / "NORMAL").exists()
    with np.load(folder / "images.npz") as archive:
        np.testing.assert_array_equal(archive["images"], expected)
        assert archive["labels"].tolist() == ["NORMAL"] * 3
        assert str(archive["description"]).startswith("synthetic")
    assert {row["file"] for row in rows(folder)} == {"images.npz"}
    assert names(draw()) == BESIDE | {f"NORMAL/0000{number}.png" for number in range(3)}


@pytest.mark.parametrize("seeds", [(), (3, 17, 40)])
def test_the_frames_of_a_walk_are_the_images_of_its_latents(draw, run, seeds):
    folder = draw(seeds=seeds, walk=6)
    content = (folder / "walk_NORMAL.webp").read_bytes()
    assert is_marked(content)
    film = Image.open(io.BytesIO(content))
    frames = np.stack([np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(film)])
    opened = Run(run, run.settings({}))
    given = [opened.sampler.latents(seed, STREAM, 1) for seed in seeds]
    keys = np.concatenate(given) if seeds else opened.sampler.latents(0, STREAM, KEYS)
    (expected,) = opened.sampler.images_of(opened.state.sampled_generator, create_loop(keys, 6))
    np.testing.assert_array_equal(frames, np.repeat(expected, 3, axis=-1))
    if seeds:
        np.testing.assert_array_equal(frames[2][..., 0], pixels(folder / "NORMAL/seed_00017.png"))
    assert film.info["loop"] == 0
    if can_encode_mp4():
        assert b"synthetic images" in (folder / "walk_NORMAL.mp4").read_bytes()
    assert not any(name.startswith("walk") for name in names(draw()))  # no film without its images


def test_a_walk_needs_two_latents(draw):
    with refused("config.generate.seeds", field="config.generate.walk", value=6):
        draw(seeds=(3,), walk=6)
