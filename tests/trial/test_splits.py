"""The trial's splits: whole patients, nothing twice, and in step with what training runs select."""

import dataclasses

import pytest

from dcgan_jax.data.selection import select_training
from dcgan_jax.trial.splits import held_out_share, split_for_trial
from tests.data.listed_set import ListedSet
from tests.refusals import refused
from tests.trial.examples import example, patients


@pytest.fixture
def settings(tiny_settings):
    return tiny_settings.with_overrides({"trial.validation": 0.1, "trial.test": 0.2, "trial.fractions": (1.0, 0.5)})


WITHOUT_TEST = ListedSet(*patients("NORMAL", 20), *patients("PNEUMONIA", 30))


def owners(examples, label):
    return {example.patient for example in examples if example.label == label}


def test_a_test_split_is_made_by_patient_and_named(settings):
    split = split_for_trial(WITHOUT_TEST, settings)
    parts = {"training": split.training[1.0], "validation": split.validation, "test": split.test}
    counts = {name: (len(owners(part, "NORMAL")), len(owners(part, "PNEUMONIA"))) for name, part in parts.items()}
    assert counts == {"training": (14, 21), "validation": (2, 3), "test": (4, 6)}
    assert sum(map(len, parts.values())) == 100
    assert "the source has no test split" in split.test_name
    assert split.labels == ["NORMAL", "PNEUMONIA"]


def test_a_run_with_the_share_held_out_has_seen_what_its_arm_has(settings):
    split = split_for_trial(WITHOUT_TEST, settings)
    assert held_out_share(split, settings) == 0.3
    for fraction, chosen in split.training.items():
        data = settings.data.model_copy(update={"holdout": 0.3, "fraction": fraction})
        of_run, _ = select_training(WITHOUT_TEST, data, settings.seed)
        assert set(of_run) == {example for example in chosen if example.label == "NORMAL"}
    assert set(split.training[0.5]) < set(split.training[1.0])


def test_fractions_of_the_label_cut_that_class_alone_and_what_is_held_out_stays(settings):
    of_each = split_for_trial(WITHOUT_TEST, settings)
    split = split_for_trial(
        WITHOUT_TEST, settings.with_overrides({"trial.fractions_of": "label", "data.label": "normal"})
    )
    counts = {
        fraction: [len(owners(chosen, label)) for label in split.labels] for fraction, chosen in split.training.items()
    }
    assert counts == {1.0: [14, 21], 0.5: [7, 21]}
    assert owners(split.training[0.5], "NORMAL") == owners(of_each.training[0.5], "NORMAL")
    assert (split.validation, split.test) == (of_each.validation, of_each.test)
    assert "the patients of NORMAL alone" in split.notes[0]
    assert not of_each.notes


def test_fractions_of_the_label_need_one(settings):
    changes = {"trial.fractions_of": "label", "data.label": "ALL"}
    with refused("NORMAL, PNEUMONIA", "config.data.label", field="config.trial.fractions_of", value="label"):
        split_for_trial(WITHOUT_TEST, settings.with_overrides(changes))


def test_a_split_seed_makes_the_split_whatever_the_seed(settings):
    settings = settings.with_overrides({"data.split_seed": 7})
    split = split_for_trial(WITHOUT_TEST, settings)
    assert split == split_for_trial(WITHOUT_TEST, settings.with_overrides({"seed": 5}))
    assert split == split_for_trial(WITHOUT_TEST, settings.with_overrides({"data.split_seed": -1, "seed": 7}))


def test_a_test_split_that_was_set_apart_in_a_folder_without_splits_is_named(settings):
    test = [*patients("NORMAL", 3, "test"), *patients("PNEUMONIA", 3, "test")]
    source = ListedSet(*WITHOUT_TEST.examples, *test)
    folder = settings.with_overrides({"data.source": "chest_xray", "data.dir": "/data/xrays"})
    split = split_for_trial(source, folder)
    assert set(split.test) == set(test)
    assert split.test_name == "0.2 of the patients of each class, by patient: the source has no test split"
    named = [dataclasses.replace(one, file=f"{one.split}/{one.label}/{one.file}") for one in source.examples]
    assert split_for_trial(ListedSet(*named), folder).test_name == "the source's test split"


def test_a_test_split_of_the_source_is_used_as_it_is(settings):
    test = [*patients("NORMAL", 3, "test"), *patients("PNEUMONIA", 3, "test")]
    split = split_for_trial(ListedSet(*WITHOUT_TEST.examples, *test), settings)
    assert set(split.test) == set(test)
    assert split.test_name == "the source's test split"
    assert len(owners(split.validation, "PNEUMONIA")) == 3
    assert held_out_share(split, settings) == 0.1
    assert not split.ambiguous
    assert not split.notes


def test_patients_of_the_published_test_split_who_may_be_in_training_are_marked(settings):
    theirs = example("NORMAL/x/a.png", "test", patient="NORMAL-train00", published="elsewhere")
    test = [*patients("NORMAL", 3, "test"), *patients("PNEUMONIA", 3, "test"), theirs]
    split = split_for_trial(ListedSet(*WITHOUT_TEST.examples, *test), settings)
    assert split.ambiguous == {theirs}
    assert "1 of 13 test images" in split.notes[0]


def test_a_patient_in_two_splits_by_every_reading_is_refused(settings):
    test = [
        *patients("NORMAL", 3, "test"),
        *patients("PNEUMONIA", 3, "test"),
        example("NORMAL/NORMAL-train00/z.png", "test"),
    ]
    with refused("1 test images", "NORMAL/NORMAL-train00/z.png", field="config.data.dir"):
        split_for_trial(ListedSet(*WITHOUT_TEST.examples, *test), settings)


def test_shared_pixels_of_two_splits_of_the_source_are_refused(settings):
    copy = example("NORMAL/new/a.png", "test", sha256="sha of NORMAL/NORMAL-train00/0.png")
    test = [*patients("NORMAL", 3, "test"), *patients("PNEUMONIA", 3, "test"), copy]
    with refused("1 test images", "NORMAL/new/a.png equals NORMAL/NORMAL-train00/0.png", field="config.data.dir"):
        split_for_trial(ListedSet(*WITHOUT_TEST.examples, *test), settings)


def test_shared_pixels_of_two_patients_stay_in_one_of_our_splits(settings):
    before = split_for_trial(WITHOUT_TEST, settings)
    trained, tested = before.training[1.0][0], before.test[0]
    images = [
        dataclasses.replace(image, sha256=trained.sha256) if image == tested else image
        for image in WITHOUT_TEST.examples
    ]
    after = split_for_trial(ListedSet(*images), settings)
    assert tested.file not in {image.file for image in after.test}
    assert len(after.test) == len(before.test) - 1
    assert after.notes == ("1 test images equal training or validation images and are left out.",)


def test_one_class_is_no_trial(settings):
    with refused("only NORMAL", field="config.data.dir"):
        split_for_trial(ListedSet(*patients("NORMAL", 20)), settings)


def test_a_class_without_enough_patients_is_named(settings):
    with refused("1 patients of PNEUMONIA", "validation", field="config.data.dir"):
        split_for_trial(ListedSet(*patients("NORMAL", 20), *patients("PNEUMONIA", 4)), settings)


def test_a_class_that_the_test_split_lacks_is_named(settings):
    with refused("0 patients of PNEUMONIA", "test", field="config.data.dir"):
        split_for_trial(ListedSet(*WITHOUT_TEST.examples, *patients("NORMAL", 3, "test")), settings)


def test_a_patient_of_both_classes_is_in_one_part_with_all_images(settings):
    both = [example(f"PNEUMONIA/NORMAL-train{number:02d}/later.png") for number in range(20)]
    split = split_for_trial(ListedSet(*WITHOUT_TEST.examples, *both), settings)
    parts = [split.training[max(split.training)], split.validation, split.test]
    owners = [{image.patient for image in part} for part in parts]
    assert sum(map(len, parts)) == len(WITHOUT_TEST.examples) + 20
    assert not owners[0] & owners[1]
    assert not owners[0] & owners[2]
    assert not owners[1] & owners[2]


def test_a_patient_of_another_class_in_the_published_test_split_is_refused(settings):
    test = [
        *patients("NORMAL", 3, "test"),
        *patients("PNEUMONIA", 3, "test"),
        example("PNEUMONIA/NORMAL-train00/z.png", "test"),
    ]
    with refused("1 test images", "PNEUMONIA/NORMAL-train00/z.png", field="config.data.dir"):
        split_for_trial(ListedSet(*WITHOUT_TEST.examples, *test), settings)
