import hashlib
import zipfile

import pytest

from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.sources import archive
from dcgan_jax.data.sources.archive import Archive, read_checksums
from tests.refusals import refused

FILES = (
    "train/NORMAL/NORMAL2-IM-1426-0001.png",
    "train/NORMAL/NORMAL2-IM-1427-0001.png",
    "train/PNEUMONIA/person1945_bacteria_4872.png",
    "train/PNEUMONIA/person1946_bacteria_4874.png",
    "test/NORMAL/IM-0001-0001.png",
)
OFFLINE = "http://127.0.0.1:1/archive"


@pytest.fixture
def published(tmp_path, own_cache, write_xrays, monkeypatch):
    """Puts an archive laid out like the published one where the downloaded one would be."""
    folder = write_xrays(tmp_path / "files", *FILES)
    path = own_cache.parent / "downloads" / "small.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive_file:
        for file in FILES:
            archive_file.write(folder / file, f"chest_xray/{file}")
            name = file.rpartition("/")[2]
            archive_file.writestr(f"__MACOSX/chest_xray/{file.removesuffix(name)}._{name}", b"not an image")
        archive_file.writestr("chest_xray/train/.DS_Store", b"")
    content = path.read_bytes()
    facts = Archive(OFFLINE, len(content), hashlib.sha256(content).hexdigest(), path.name)
    monkeypatch.setattr(archive, "read_checksums", lambda: facts)
    return path


def test_the_checksums_name_the_published_file():
    facts = read_checksums()
    assert facts.url.startswith("https://data.mendeley.com/public-files/datasets/rscbjbr9sj/")
    assert facts.size == 1_235_512_464
    assert (facts.sha256[:8], len(facts.sha256)) == ("13efc055", 64)


@pytest.mark.usefixtures("published")
def test_the_kaggle_variant_moves_the_last_numbers_to_val(settings):
    prepared = prepare(settings(), seed=0)
    assert prepared.report.images == {
        "test": {"NORMAL": 1},
        "train": {"NORMAL": 1, "PNEUMONIA": 1},
        "val": {"NORMAL": 1, "PNEUMONIA": 1},
    }
    assert [example.file for example in prepared.examples if example.split == "test"] == [FILES[-1]]


def test_the_published_variant_keeps_them_in_train(settings, published):
    prepared = prepare(settings(variant="published"), seed=0)
    assert prepared.report.images == {"test": {"NORMAL": 1}, "train": {"NORMAL": 2, "PNEUMONIA": 2}}
    published.unlink()
    assert prepare(settings(variant="published"), seed=0).directory == prepared.directory  # needs it no more


def test_without_network_and_archive_it_says_where_to_put_it(settings, published, monkeypatch):
    monkeypatch.setattr("dcgan_jax.storage.download.SECONDS_BETWEEN_ATTEMPTS", 0.0)
    published.unlink()
    with refused(published, path=OFFLINE):
        prepare(settings(), seed=0)


def test_a_file_broken_inside_the_archive_is_named(settings, published, monkeypatch):
    content = bytearray(published.read_bytes())
    content[200] ^= 255
    published.write_bytes(content)
    facts = Archive(OFFLINE, len(content), hashlib.sha256(content).hexdigest(), published.name)
    monkeypatch.setattr(archive, "read_checksums", lambda: facts)
    with refused("1 of 5 images", "train/NORMAL/NORMAL2-IM-1426-0001.png"):
        prepare(settings(), seed=0)


def test_a_file_that_is_no_archive_is_named(settings, published, monkeypatch):
    published.write_bytes(b"not a zip")
    monkeypatch.setattr(
        archive, "read_checksums", lambda: Archive(OFFLINE, 9, hashlib.sha256(b"not a zip").hexdigest(), "small.zip")
    )
    with refused(path=published):
        prepare(settings(), seed=0)


def test_an_encrypted_entry_is_a_bad_image(settings, published, monkeypatch):
    content = bytearray(published.read_bytes())
    content[6] |= 1  # the flag in the entry, and in the directory
    content[content.index(b"PK\x01\x02") + 8] |= 1
    published.write_bytes(content)
    facts = Archive(OFFLINE, len(content), hashlib.sha256(content).hexdigest(), published.name)
    monkeypatch.setattr(archive, "read_checksums", lambda: facts)
    with refused("train/NORMAL/NORMAL2-IM-1426-0001.png", "encrypted"):
        prepare(settings(), seed=0)
