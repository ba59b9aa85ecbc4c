"""The images of a folder: which they are, what is read of them, and their features."""

import os

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.synthetic_marks import MANIFEST
from dcgan_jax.evaluation.folder import (
    compute_fingerprint,
    compute_folder_features,
    count_shared,
    features_path,
    find_images,
)
from dcgan_jax.inception.features import FeatureExtractor, prepare_images
from dcgan_jax.inception.preprocess import Preprocess
from dcgan_jax.inception.weights import load_inception_weights
from dcgan_jax.storage.cache import CACHE_VARIABLE
from tests.dicom_files import make_dicom
from tests.refusals import refused


@pytest.fixture(scope="module")
def extractor(weights_file):
    return FeatureExtractor(load_inception_weights(str(weights_file)).params, (64,), batch_size=4)


def save(folder, *names, size=(16, 16), kind=np.uint8, above=256):
    rng = np.random.default_rng(0)
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, above, size, kind)).save(folder / name)


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "real/deep/er").mkdir(parents=True)
    Image.fromarray(rng.integers(0, 256, (40, 50), np.uint8)).save(tmp_path / "real/b.png")
    Image.fromarray(rng.integers(0, 256, (64, 32, 3), np.uint8)).save(tmp_path / "real/deep/c.bmp")
    Image.fromarray(rng.integers(0, 65536, (30, 30), np.uint16)).save(tmp_path / "real/deep/er/a.tiff")
    (tmp_path / "real/notes.txt").write_text("not an image")
    return tmp_path / "real"


def test_a_folder_is_read_at_every_depth_size_and_format(extractor, folder):
    found = compute_folder_features(find_images(folder), extractor, Preprocess())[64]
    assert found.shape == (3, 64)
    color = np.asarray(Image.open(folder / "deep/c.bmp"))
    np.testing.assert_allclose(
        found[1:2], extractor.compute(prepare_images([color[None]], Preprocess()), 1, "test")[64], rtol=1e-4, atol=1e-5
    )


def test_features_are_cached_under_all_that_shapes_them(extractor, folder, tmp_path, monkeypatch):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    arguments = find_images(folder), extractor, Preprocess(), "dataset", "hash"
    first = compute_folder_features(*arguments)[64]
    monkeypatch.setattr(FeatureExtractor, "compute", lambda *_: pytest.fail("not cached"))
    np.testing.assert_array_equal(compute_folder_features(*arguments)[64], first)
    monkeypatch.undo()
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    (folder / "b.png").write_bytes((folder / "deep/c.bmp").read_bytes())
    assert not np.array_equal(compute_folder_features(*arguments)[64], first)


def test_every_part_of_the_protocol_is_in_the_key():
    keys = {
        features_path(images, sha256, dims, preprocess)
        for images in ("a", "b")
        for sha256 in ("c", "d")
        for dims in ((64,), (64, 768))
        for preprocess in (Preprocess(), Preprocess("pillow"), Preprocess("pillow", "nearest"), Preprocess("clean"))
    }
    assert len(keys) == 32


def test_the_fingerprint_is_of_contents_in_their_order(tmp_path):
    one, two = tmp_path / "1", tmp_path / "2"
    one.write_bytes(b"ab")
    two.write_bytes(b"c")
    before = compute_fingerprint([one, two])
    assert compute_fingerprint([two, one]) != before
    two.rename(tmp_path / "3")
    assert compute_fingerprint([one, tmp_path / "3"]) == before
    one.write_bytes(b"a")
    (tmp_path / "3").write_bytes(b"bc")
    assert compute_fingerprint([one, tmp_path / "3"]) != before


@pytest.mark.parametrize(
    ("prepare", "named"),
    [
        (lambda folder: None, "not a folder"),
        (lambda folder: folder.mkdir(), "no image files"),
        (lambda folder: save(folder, "only.png"), "only.png"),
    ],
)
def test_too_few_images_are_refused_with_their_folder(tmp_path, prepare, named):
    prepare(tmp_path / "images")
    with refused(named, path=tmp_path / "images"):
        find_images(tmp_path / "images")


def break_link(path):
    path.symlink_to("nowhere")


def link_to_itself(path):
    path.symlink_to(path)


def forbid(path):
    path.touch()
    path.chmod(0)


@pytest.mark.parametrize(
    "damage", [os.mkfifo, break_link, link_to_itself, forbid, lambda path: path.write_bytes(b"no image")]
)
def test_what_is_no_image_is_named_and_not_waited_for(tmp_path, extractor, damage):
    save(tmp_path, "0.png", "1.png")
    damage(tmp_path / "x.jpg")
    if damage is forbid and os.access(tmp_path / "x.jpg", os.R_OK):
        pytest.skip("root may read everything")
    with refused(path=tmp_path / "x.jpg"):
        compute_folder_features(find_images(tmp_path), extractor, Preprocess())


def write_manifest(folder, *names):
    rows = "".join(f"{name},synthetic\n" for name in names)
    (folder / MANIFEST).write_text(f"file,synthetic\n{rows}")


def test_what_an_export_does_not_list_is_left_out(tmp_path):
    save(tmp_path, "0.png", "1.png", "grid.png", "real/2.png")
    write_manifest(tmp_path, "0.png", "1.png")
    images = find_images(tmp_path)
    assert [file.name for file in images.files] == ["0.png", "1.png", "2.png"]  # of other folders it says nothing
    assert [file.name for file in images.left_out] == ["grid.png"]


def test_what_an_export_does_not_list_is_left_out_of_its_folders_too(tmp_path):
    save(tmp_path, "A/0.png", "A/1.png", "A/grid.png", "grid.png", "real/2.png")
    write_manifest(tmp_path, "A/0.png", "A/1.png")
    images = find_images(tmp_path)
    assert [file.name for file in images.files] == ["0.png", "1.png", "2.png"]
    assert images.left_out == (tmp_path / "A" / "grid.png", tmp_path / "grid.png")


def test_another_programs_manifest_leaves_nothing_out(tmp_path):
    save(tmp_path, "0.png", "1.png")
    (tmp_path / MANIFEST).write_text("image,label\n0.png,NORMAL\n")
    assert not find_images(tmp_path).left_out


def test_other_kinds_of_files_are_counted(tmp_path):
    save(tmp_path, "0.png", "1.png")
    for name in ("a.npz", "b.npz", "notes.txt"):
        (tmp_path / name).write_bytes(b"no image")
    assert find_images(tmp_path).passed_over == {".npz": 2}


def test_files_on_both_sides_are_counted_through_links(tmp_path):
    save(tmp_path / "real", "a.png", "b.png", "generated/c.png", "generated/d.png")
    (tmp_path / "link").symlink_to(tmp_path / "real" / "generated")
    assert count_shared(find_images(tmp_path / "real"), find_images(tmp_path / "link")) == 2


def test_twelve_bits_in_files_of_sixteen_are_as_bright_as_eight_bits(tmp_path, extractor):
    """The same pictures have the same features, where by the ends of 16 bits they would be black."""
    pixels = np.random.default_rng(0).integers(0, 256, (4, 16, 16), np.uint8)
    pixels[:, 0, :2] = 0, 255
    for folder, values in (("eight", pixels), ("twelve", pixels.astype(np.uint16) * 16)):
        (tmp_path / folder).mkdir()
        for index, image in enumerate(values):
            Image.fromarray(image).save(tmp_path / folder / f"{index}.png")

    def measure(folder, intensity="dataset"):
        return compute_folder_features(find_images(tmp_path / folder), extractor, Preprocess(), intensity)[64]

    (tmp_path / "dicom").mkdir()
    window = {"WindowCenter": 2040, "WindowWidth": 4080, "VOILUTFunction": "LINEAR_EXACT"}
    for index, image in enumerate(pixels):
        (tmp_path / "dicom" / str(index)).write_bytes(make_dicom(image.astype(int) * 16, **window))
    eight = measure("eight")
    np.testing.assert_allclose(measure("dicom"), eight, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(measure("twelve"), eight, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(measure("twelve", "image"), eight, rtol=1e-4, atol=1e-5)
    assert np.abs(measure("twelve", "container") - eight).max() > 0.01
