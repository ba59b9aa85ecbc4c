"""The card of a generator."""

import huggingface_hub
import mlcroissant
import pytest

from dcgan_jax.cards.croissant import DescribedFile
from dcgan_jax.cards.generator import GeneratorCard
from dcgan_jax.settings import ModelSettings
from tests.cards.examples import PHANTOMS, PRIVATE, STATED, create_origin


def create_card(data=PHANTOMS, scored=True):
    return GeneratorCard(create_origin(data, ("A", "B"), scored), ModelSettings(), 17_762_817, STATED)


def test_hugging_face_reads_it():
    card = huggingface_hub.ModelCard(create_card().format_readme())
    assert (card.data.library_name, card.data.license) == ("jax", "cc-by-4.0")
    assert "17,762,817 parameters" in card.text
    assert "latents of 100 numbers to images of 128 x 128 pixels, gray. Classes: A, B." in card.text
    assert "## Memorization: A" in card.text


@pytest.mark.parametrize(
    ("data", "scored", "is_warned"), [(PHANTOMS, False, False), (PRIVATE, True, False), (PRIVATE, False, True)]
)
def test_it_says_that_nobody_looked_for_copies_of_private_images(data, scored, is_warned):
    text = create_card(data, scored).format_readme()
    assert ("Passed on although nobody knows whether it copies its training images" in text) == is_warned


def test_croissant_lists_the_files(tmp_path):
    files = [DescribedFile("weights.safetensors", "application/octet-stream", b"12")]
    (tmp_path / "croissant.json").write_text(create_card().format_croissant(files))
    (described,) = mlcroissant.Dataset(tmp_path / "croissant.json").metadata.distribution
    assert described.content_size == "2 B"
    assert described.sha256 == "6b51d431df5d7f141cbececcf79edf3dd861c3b4069f0b11661a3eefacbba918"
