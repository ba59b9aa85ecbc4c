import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example, PreparedSet, write_examples, write_files_list
from tests.refusals import refused


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A prepared set of phantoms, made once."""
    from configs import default
    from dcgan_jax.settings import DataSettings

    fields = {**default.get_config().data.to_dict(), "image_size": 64, "source": "phantom", "phantom_count": 8}
    return prepare(DataSettings(**fields), seed=0)


def drawn(example):
    return draw_phantom(64, 0, int(example.file[-12:-4]), example.label)[..., None]


def test_images_come_in_the_order_asked_for_whatever_their_split(whole):
    order = np.random.default_rng(0).permutation(len(whole.examples))
    wanted = [whole.examples[index] for index in order] + [whole.examples[3]] * 2
    np.testing.assert_array_equal(whole.images(wanted), np.stack([drawn(example) for example in wanted]))


def test_no_images_is_an_empty_array(whole):
    assert whole.images([]).shape == (0, 64, 64, 1)


def test_threads_may_read_at_once(whole):
    opened = PreparedSet(whole.directory)
    with ThreadPoolExecutor(8) as threads:
        for example, pixels in zip(
            whole.examples, threads.map(lambda e: opened.images([e]), whole.examples), strict=True
        ):
            np.testing.assert_array_equal(pixels[0], drawn(example))


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGE = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "changed": flip_a_byte,
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    "file",
    ["examples.tsv", "report.json", "report.md", "records/train.npy"],
)
def test_damage_is_named_with_the_remedy(whole, tmp_path, file, damage):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    DAMAGE[damage](directory / file)
    with refused(f"delete the folder {directory}", path=directory / file):
        PreparedSet(directory)


def test_a_set_without_its_list_of_files_is_damaged(whole, tmp_path):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    (directory / "files.json").unlink()
    with refused(f"delete the folder {directory}", path=directory / "files.json"):
        PreparedSet(directory)


@pytest.mark.parametrize("content", ["", "{", "null", "[]", '{"a": 1}', '{"a": [1]}', '{"a": ["b", 1]}', "\xff"])
def test_a_list_of_files_that_is_none_is_named_with_the_remedy(whole, tmp_path, content):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    (directory / "files.json").write_bytes(content.encode("latin-1"))
    with refused(f"delete the folder {directory}", path=directory / "files.json"):
        PreparedSet(directory)


@pytest.mark.parametrize("left_out", ["examples.tsv", "report.json", "records"])
def test_a_list_of_files_must_list_what_is_read(whole, tmp_path, left_out):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    files = json.loads((directory / "files.json").read_text())
    kept = {name: facts for name, facts in files.items() if not name.startswith(left_out)}
    assert len(kept) < len(files)
    (directory / "files.json").write_text(json.dumps(kept))
    with refused(left_out, f"delete the folder {directory}", path=directory / "files.json"):
        PreparedSet(directory)


def test_an_empty_list_of_files_vouches_for_nothing(whole, tmp_path):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    (directory / "files.json").write_text("{}")
    with refused("examples.tsv", f"delete the folder {directory}", path=directory / "files.json"):
        PreparedSet(directory)


def test_odd_file_names_survive_the_index(whole, tmp_path):
    names = ["a\tb.png", 'quo"te.png', "new\nline.png", "re\rturn.png", "umläut.png", "bytes\udcff.png"]
    examples = [Example("train", i, name, "A", name, name, "00", 1, 2) for i, name in enumerate(names)]
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    (directory / "files.json").unlink()
    write_examples(directory / "examples.tsv", examples)
    write_files_list(directory)
    assert list(PreparedSet(directory).examples) == examples


def test_records_that_go_away_while_they_are_read_are_named(whole, tmp_path):
    directory = tmp_path / "set"
    shutil.copytree(whole.directory, directory)
    opened = PreparedSet(directory)
    with (directory / "records" / "train.npy").open("r+b") as file:
        file.truncate(200)
    with refused("byte 200", f"delete the folder {directory}", path=directory / "records"):
        opened.images([example for example in opened.examples if example.split == "train"])


def test_numpy_opens_the_records(whole):
    images = np.load(whole.directory / "records" / "train.npy")
    of_train = [example for example in whole.examples if example.split == "train"]
    np.testing.assert_array_equal(images, whole.images(of_train))
