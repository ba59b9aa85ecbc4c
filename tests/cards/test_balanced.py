"""The card of a balanced data set."""

import json
from dataclasses import replace

import huggingface_hub
import mlcroissant
from PIL import Image

from dcgan_jax.cards.balanced import BalancedCard, FilledClass
from dcgan_jax.cards.croissant import DescribedFile
from dcgan_jax.settings import BalanceSettings
from tests.cards.examples import PRIVATE, PUBLISHED, STATED, create_origin

COUNTS = {("train", "NORMAL", "real"): 3, ("train", "NORMAL", "synthetic"): 2, ("test", "NORMAL", "real"): 1}
FILLED = FilledClass("NORMAL", 2, "/runs/mine", create_origin())
CARD = BalancedCard("the archive", PUBLISHED, COUNTS, [FILLED], BalanceSettings(), STATED)
MANIFEST = DescribedFile.of_text(
    "manifest.csv", "text/csv", "file,class,synthetic,checkpoint_step,latent_seed\ntrain/NORMAL/0.png,NORMAL,real,,\n"
)


def test_it_counts_real_and_synthetic_images():
    card = huggingface_hub.DatasetCard(CARD.format_readme())
    assert card.data.size_categories == ["n<1K"]
    assert "| train | NORMAL | 3 | 2 |\n" in card.text
    assert "| test | NORMAL | 1 | 0 |\n" in card.text
    assert "2 images of 128 pixels, by the run /runs/mine, latent seed 0." in card.text
    assert "60 real against 24 generated images" in card.text


def test_it_says_that_real_patients_are_among_them():
    values = json.loads(CARD.format_croissant(MANIFEST))
    assert values["rai:personalSensitiveInformation"][0] == "Real images of patients are among these."
    private = replace(CARD, data=PRIVATE)
    assert "**The real images are private:** pass this on only as far" in private.format_readme()
    assert "are private" not in CARD.format_readme()


def test_croissant_finds_the_class_below_the_split(tmp_path):
    place = tmp_path / "train" / "NORMAL" / "p0" / "0.png"
    place.parent.mkdir(parents=True)
    Image.new("L", (8, 8)).save(place)
    (tmp_path / "manifest.csv").write_bytes(MANIFEST.content)
    (tmp_path / "croissant.json").write_text(CARD.format_croissant(MANIFEST))
    dataset = mlcroissant.Dataset(tmp_path / "croissant.json")
    assert not dataset.metadata.issues.errors
    assert [record["images/class"] for record in dataset.records("images")] == [b"NORMAL"]
