"""No generator may have seen what its images are tested with."""

import dataclasses

import pytest

from dcgan_jax.data.train_files import format_train_files
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.trial.leaks import exceeds, find_provenances, refuse_excess, refuse_leaks
from dcgan_jax.trial.splits import split_for_trial
from tests.data.listed_set import ListedSet
from tests.refusals import refused
from tests.trial.examples import TWENTY_AND_THIRTY, example

OF_LABEL = {"trial.fractions_of": "label"}


@pytest.fixture
def trained_on(tmp_path):
    """Writes the list of a run and reads it again."""

    def write(examples):
        (tmp_path / "train_files.tsv").write_text(format_train_files(examples))
        return read_provenance(tmp_path / "train_files.tsv")

    return write


def test_what_an_arm_trains_on_is_allowed(halved_split, halved_settings, trained_on):
    provenance = trained_on(halved_split.training[0.5])
    refuse_leaks(provenance, halved_split, halved_settings)
    for fraction in (1.0, 0.5):
        refuse_excess(provenance, halved_split, fraction, halved_settings)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_generator_that_saw_a_held_out_patient_is_refused(halved_split, halved_settings, trained_on, tmp_path, part):
    held_out = getattr(halved_split, part)[0]
    other_image = example(held_out.file.replace(".png", "b.png"))
    with refused(other_image.file, "config.data.split_seed=0", "config.data.holdout=0.3", path=tmp_path):
        refuse_leaks(trained_on([*halved_split.training[0.5], other_image]), halved_split, halved_settings)


def test_what_the_weights_it_began_with_had_seen_counts_too(halved_split, halved_settings, trained_on, tmp_path):
    (tmp_path / "origin_files.tsv").write_text(format_train_files(halved_split.training[1.0]))
    provenance = trained_on(halved_split.training[0.5])
    assert exceeds(provenance, halved_split, 0.5) is not None
    (tmp_path / "origin_files.tsv").write_text(format_train_files(halved_split.test[:1]))
    with refused("1 images", path=tmp_path):
        refuse_leaks(trained_on(halved_split.training[0.5]), halved_split, halved_settings)


def test_a_generator_that_saw_a_held_out_image_under_another_name_is_refused(
    halved_split, halved_settings, trained_on, tmp_path
):
    copy = example("NORMAL/renamed/a.png", sha256=halved_split.test[0].sha256)
    with refused("1 images", "NORMAL/renamed/a.png", path=tmp_path):
        refuse_leaks(trained_on([*halved_split.training[0.5], copy]), halved_split, halved_settings)


def test_a_generator_that_saw_more_than_its_arm_is_refused(halved_split, halved_settings, trained_on, tmp_path):
    provenance = trained_on(halved_split.training[1.0])
    assert exceeds(provenance, halved_split, 1.0) is None
    with refused("the fraction 0.5", "config.data.fraction=0.5", path=tmp_path):
        refuse_excess(provenance, halved_split, 0.5, halved_settings)


def test_an_image_that_an_arm_has_not_is_refused_whatever_its_class_is_called(halved_settings, trained_on):
    """Every patient has an image of each class, and an arm may have the one without the other."""
    both = [example(f"{label}/{number}/a.png", patient=f"{number}") for label in ("A", "B") for number in range(20)]
    split = split_for_trial(ListedSet(*both), halved_settings.with_overrides({"data.label": "A", **OF_LABEL}))
    cut = next(one for one in split.training[1.0] if one not in split.training[0.5])
    assert cut.label == "A"
    for seen in (cut, dataclasses.replace(cut, label="No Finding")):
        assert exceeds(trained_on([seen]), split, 0.5) == (seen.file, seen.label, seen.patient, seen.sha256)
        assert exceeds(trained_on([seen]), split, 1.0) is None
    assert exceeds(trained_on([one for one in both if one in split.training[0.5]]), split, 0.5) is None


def test_weights_of_all_patients_of_another_class_are_allowed_where_one_alone_is_rare(
    halved_settings, trained_on, tmp_path
):
    settings = halved_settings.with_overrides({"data.label": "NORMAL", **OF_LABEL})
    split = split_for_trial(TWENTY_AND_THIRTY, settings)
    own, other = ([one for one in split.training[0.5] if one.label == name] for name in ("NORMAL", "PNEUMONIA"))
    origin = tmp_path / "origin_files.tsv"
    origin.write_text(format_train_files(other))
    refuse_excess(trained_on(own), split, 0.5, settings)
    origin.write_text(format_train_files(split.training[1.0]))
    with refused("config.train.init_from", "config.data.fraction=0.5", "and then it", path=tmp_path):
        refuse_excess(trained_on(own), split, 0.5, settings)
    cut = next(one for one in split.training[1.0] if one not in split.training[0.5])
    origin.unlink()
    with refused("config.data.fraction=0.5", "No Finding", path=tmp_path):
        refuse_excess(trained_on([dataclasses.replace(cut, label="No Finding")]), split, 0.5, settings)


def test_the_list_of_a_run_is_found_beside_and_above_its_images(tmp_path, trained_on):
    (tmp_path / "generated" / "deeper").mkdir(parents=True)
    assert find_provenances(tmp_path / "generated", []) == []
    trained_on(TWENTY_AND_THIRTY.examples[:3])
    for folder in (tmp_path, tmp_path / "generated"):
        assert [len(found.rows) for found in find_provenances(folder, [])] == [3]
    assert find_provenances(tmp_path / "generated" / "deeper", []) == []


def test_the_runs_that_a_manifest_names_are_looked_at(tmp_path, trained_on):
    trained_on(TWENTY_AND_THIRTY.examples[:3])
    assert [len(found.rows) for found in find_provenances(tmp_path / "elsewhere", [str(tmp_path)])] == [3]
    with refused(path=tmp_path / "gone" / "train_files.tsv"):
        find_provenances(tmp_path, [str(tmp_path / "gone")])


def test_a_list_that_is_none_is_named(tmp_path):
    (tmp_path / "train_files.tsv").write_text("a\tb\n1\t2\n")
    with refused("'file'", path=tmp_path / "train_files.tsv"):
        read_provenance(tmp_path / "train_files.tsv")


@pytest.mark.parametrize("part", ["validation", "test"])
def test_a_generator_that_saw_a_held_out_patient_in_another_class_is_refused(
    halved_split, halved_settings, trained_on, tmp_path, part
):
    owner = getattr(halved_split, part)[0].patient
    other = example(f"ANOTHER/{owner}/years_before.png")
    with refused(other.file, path=tmp_path):
        refuse_leaks(trained_on([*halved_split.training[0.5], other]), halved_split, halved_settings)
