from dcgan_jax.data.sources.phantoms import PhantomSource


def files(source, split):
    return {image.file for image in source.list_images() if image.split == split}


def test_there_are_two_classes_and_a_test_split_of_other_drawings():
    source = PhantomSource(count=8, size=64, seed=0)
    assert len(files(source, "train")) == 16
    assert len(files(source, "test")) == 4
    names = {split: {file.rpartition("/")[2] for file in files(source, split)} for split in ("train", "test")}
    assert not names["train"] & names["test"]


def test_a_larger_set_has_the_images_of_a_smaller_one():
    smaller, larger = PhantomSource(8, 64, 0), PhantomSource(16, 64, 0)
    for split in ("train", "test"):
        assert files(smaller, split) < files(larger, split)
    assert smaller.fingerprint != larger.fingerprint
