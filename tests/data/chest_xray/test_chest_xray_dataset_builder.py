"""The TFDS dataset, loaded as any other: by its name, after one import."""

import json

import numpy as np
import pytest

from dcgan_jax.data.prepare import prepare

tfds = pytest.importorskip("tensorflow_datasets")

FILES = (
    "train/NORMAL/patient01/a.png",
    "train/NORMAL/patient02/b.png",
    "train/PNEUMONIA/patient03/c.png",
    "test/PNEUMONIA/patient04/d.png",
)


@pytest.fixture
def load(tmp_path, own_cache, write_xrays):
    """Loads the dataset of a small folder."""
    import dcgan_jax.data.chest_xray  # noqa: F401 - what registers it

    folder = write_xrays(tmp_path / "xrays", *FILES)
    tfds.disable_progress_bar()

    def run(load_fn, **preparation):
        kwargs = {"image_dir": str(folder), "preparation": {"image_size": 64, **preparation}}
        return load_fn("chest_xray", data_dir=tmp_path / "tfds", builder_kwargs=kwargs)

    return run


def without_tensorflow(name, data_dir, builder_kwargs):
    """As `tfds.data_source`, of files that are written without TensorFlow, too."""
    builder = tfds.builder(name, data_dir=data_dir, file_format="array_record", **builder_kwargs)
    builder.download_and_prepare()
    return builder.as_data_source(), builder


def test_its_images_are_those_that_runs_train_on(load, settings, tmp_path):
    sources, builder = load(without_tensorflow)
    prepared = prepare(settings(dir=str(tmp_path / "xrays")), seed=0)
    assert {split: len(source) for split, source in sources.items()} == {"train": 3, "test": 1}
    names = builder.info.features["label"].names
    for split, source in sources.items():
        for example, record in zip([e for e in prepared.examples if e.split == split], source, strict=True):
            np.testing.assert_array_equal(record["image"], prepared.images([example])[0])
            assert names[record["label"]] == example.label
            assert (record["file"].decode(), record["patient"].decode()) == (example.file, example.patient)


def test_it_says_what_it_is_and_whom_to_cite(load):
    _, builder = load(without_tensorflow)
    assert builder.info.name == "chest_xray"
    assert builder.info.features["image"].shape == (64, 64, 1)
    assert builder.info.supervised_keys == ("image", "label")
    assert "Kermany" in builder.info.citation
    assert json.loads(builder.info.as_json)["version"] == "2.0.0"


def test_another_size_of_the_same_folder_is_another_dataset(load):
    _, small = load(without_tensorflow)
    _, large = load(without_tensorflow, image_size=128)
    assert small.data_dir != large.data_dir
    assert large.info.features["image"].shape == (128, 128, 1)


def test_tfds_load_gives_a_dataset_of_tensorflow(load):
    pytest.importorskip("tensorflow")
    datasets = load(tfds.load)
    assert {split: len(dataset) for split, dataset in datasets.items()} == {"train": 3, "test": 1}
    record = next(iter(datasets["test"]))
    assert record["image"].shape == (64, 64, 1)
    assert record["file"].numpy() == b"test/PNEUMONIA/patient04/d.png"
