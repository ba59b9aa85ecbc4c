"""The card of a folder of generated images, read by those who will read it: Hugging Face, Croissant and a browser."""

import csv
import html
import io
import re

import huggingface_hub
import mlcroissant
import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from dcgan_jax.cards.croissant import DescribedFile
from dcgan_jax.cards.generated import GeneratedCard
from dcgan_jax.cards.markdown import choose_size_category
from dcgan_jax.runs.image_archive import encode_archive
from dcgan_jax.settings import ExportSettings
from tests.cards.examples import PHANTOMS, PRIVATE, PUBLISHED, STATED, WILD, create_origin

MANIFEST = DescribedFile.of_text(
    "manifest.csv",
    "text/csv",
    "file,latent_seed,checkpoint_step,class,synthetic,nearest_training_file,similarity\n"
    "A/0.png,0/0,6,A,synthetic,someone.png,0.5\nB/0.png,0/1,6,B,synthetic,someone.png,0.5\n",
)


def create_card(**fields):
    given = {"origin": create_origin(), "images": {"NORMAL": 1_000}, "filtering": "", "names_training_files": True}
    return GeneratedCard(**{**given, "export": ExportSettings(), **fields})


def read_header(card):
    return huggingface_hub.DatasetCard(card.format_readme()).data.to_dict()


def read_croissant(card, folder):
    (folder / "croissant.json").write_text(card.format_croissant(MANIFEST))
    return mlcroissant.Dataset(folder / "croissant.json")


def test_hugging_face_reads_the_header():
    header = read_header(create_card())
    assert header["license"] == "cc-by-4.0"
    assert header["size_categories"] == ["1K<n<10K"]
    assert header["tags"][0] == "synthetic"
    assert header["pretty_name"] == "Synthetic chest X-rays: NORMAL"


@pytest.mark.parametrize(
    ("data", "stated", "license_name"),
    [(PHANTOMS, "", "apache-2.0"), (PRIVATE, "", "not-stated"), (PRIVATE, "mit", "mit"), (PUBLISHED, "", "cc-by-4.0")],
)
def test_the_license_is_stated_or_that_of_the_data(data, stated, license_name):
    header = read_header(create_card(origin=create_origin(data), export=ExportSettings(license=stated)))
    assert header["license"] == ("other" if license_name == "not-stated" else license_name)
    assert header.get("license_name", license_name) == license_name


@pytest.mark.parametrize(
    ("count", "category"), [(999, "n<1K"), (1_000, "1K<n<10K"), (99_999, "10K<n<100K"), (1_000_000, "n>1M")]
)
def test_sizes(count, category):
    assert choose_size_category(count) == category


def test_a_class_may_be_called_anything(tmp_path):
    """It stays text in the header, in the table, in the page made of it and in croissant.json."""
    card = create_card(images={WILD: 2}, origin=create_origin(labels=(WILD,)))
    assert read_header(card)["pretty_name"] == f"Synthetic chest X-rays: {WILD}"
    body = huggingface_hub.DatasetCard(card.format_readme()).text
    page = MarkdownIt("commonmark").enable("table").render(body)
    assert "<script>" not in page
    assert "<em>c</em>" not in page
    assert "49" not in page.partition("</h1>")[0]
    cells = re.findall("<td>(.*?)</td>", page.partition("</table>")[0], re.DOTALL)
    assert [html.unescape(cell) for cell in cells] == [WILD, "2"]
    assert read_croissant(card, tmp_path).metadata.name.endswith(WILD)


def test_a_page_answers_what_a_reviewer_asks():
    text = create_card(variety="MS-SSIM 0.7 instead of 0.6.").format_readme()
    for said in (
        "1,341 training images of 1,000 patients: NORMAL 1,341.",
        "| FID (64) | 6.141 |",
        "60 real against 24 generated images",
        "0.0% of 24 generated images are found to be copies",
        "Not for diagnosis",
        "children of one to five years",
        "doi:10.17632/rscbjbr9sj.2",
        "MS-SSIM 0.7 instead of 0.6.",
    ):
        assert said in text, said
    assert "nearest_training_file" not in text


def test_the_owner_of_private_images_is_told_what_the_manifest_names():
    text = create_card(origin=create_origin(PRIVATE)).format_readme()
    assert "the column `nearest_training_file` of `manifest.csv` names the training image" in text


def test_what_was_not_measured_is_said():
    text = create_card(origin=create_origin(scored=False)).format_readme()
    assert "Not measured: this checkpoint has no record of scores" in text
    assert "Not measured: this checkpoint was not evaluated" in text


def test_private_images_are_not_named():
    card = create_card(origin=create_origin(PRIVATE))
    for text in (card.format_readme(), card.format_croissant(MANIFEST)):
        assert PRIVATE.dir not in text
        assert "Kermany" not in text
        assert "chest" not in text


def test_croissant_is_whole_where_its_publisher_is_stated(tmp_path, caplog):
    dataset = read_croissant(create_card(export=STATED), tmp_path)
    assert not dataset.metadata.issues.errors
    assert not dataset.metadata.issues.warnings
    assert not caplog.text
    values = dataset.metadata.to_json()
    assert values["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert values["creator"]["name"] == "A. Nyone"
    assert "rai:dataLimitations" in values or "dataLimitations" in values


def test_croissant_says_what_is_synthetic_and_where_it_is_from():
    text = create_card().format_croissant(MANIFEST)
    assert '"rai:hasSyntheticData": true' in text
    assert '"prov:wasDerivedFrom": {\n  "@id": "https://doi.org/10.17632/rscbjbr9sj.2"' in text
    assert '"prov:wasDerivedFrom"' not in create_card(origin=create_origin(PRIVATE)).format_croissant(MANIFEST)
    assert "someone" not in text


def test_croissant_leads_a_loader_to_images_and_classes(tmp_path):
    for label, value in (("A", 10), ("B", 20)):
        (tmp_path / label).mkdir()
        Image.new("L", (8, 8), value).save(tmp_path / label / "0.png")
    Image.new("L", (8, 8)).save(tmp_path / "grid.png")
    (tmp_path / "manifest.csv").write_bytes(MANIFEST.content)
    dataset = read_croissant(create_card(images={"A": 1, "B": 1}), tmp_path)
    records = list(dataset.records("images"))
    assert [record["images/class"] for record in records] == [b"A", b"B"]
    assert [np.asarray(record["images/image"]).mean() for record in records] == [10, 20]
    rows = list(dataset.records("manifest"))
    expected = list(csv.DictReader(io.StringIO(MANIFEST.content.decode())))
    assert [row["manifest/latent_seed"].decode() for row in rows] == [row["latent_seed"] for row in expected]


def test_an_archive_is_described_as_a_file(tmp_path):
    content = encode_archive([np.zeros((8, 8, 1), np.uint8)], ["A"])
    card = create_card(archive=DescribedFile("images.npz", "application/x-npz", content))
    assert "configs" not in read_header(card)
    files = [one.name for one in read_croissant(card, tmp_path).metadata.distribution]
    assert files == ["manifest.csv", "images.npz"]
