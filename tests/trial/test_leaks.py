"""No generator may have seen what its images are tested with."""

import pytest

from dcgan_jax.data.train_files import format_train_files
from dcgan_jax.runs.provenance import read_provenance
from dcgan_jax.trial.leaks import exceeds, find_provenances, refuse_excess, refuse_leaks
from tests.refusals import refused
from tests.trial.examples import TWENTY_AND_THIRTY, example


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
    with refused("the 0.5", "config.data.fraction=0.5", path=tmp_path):
        refuse_excess(provenance, halved_split, 0.5, halved_settings)


def test_a_patient_of_one_class_is_not_allowed_in_another(halved_split, trained_on):
    kept = next(one for one in halved_split.training[0.5] if one.label == "PNEUMONIA")
    assert exceeds(trained_on([kept]), halved_split, 0.5) is None
    for label, is_refused in (("NORMAL", True), ("of another trial", False)):
        other = example(f"{label}/x/a.png", patient=kept.patient)
        assert (exceeds(trained_on([other]), halved_split, 0.5) is not None) == is_refused


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
