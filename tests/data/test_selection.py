import hashlib

from hypothesis import given
from hypothesis import strategies as st

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.selection import (
    FEW,
    check_label,
    describe_selection,
    number_labels,
    resolve_num_classes,
    select_training,
    warn_of_few,
)
from dcgan_jax.errors import UserError
from dcgan_jax.settings import DataSettings
from tests.data.listed_set import ListedSet
from tests.refusals import refused


def example(split, label, patient, image):
    file = f"{split}/{label}/{patient}-{image}.png"
    sha256 = hashlib.sha256(file.encode()).hexdigest()
    return Example(split, 0, file, label, f"{label}/{patient}", f"{label}/{patient}", sha256, 8, 8)


PREPARED = ListedSet(
    *[
        example(split, label, patient, image)
        for split in ("test", "train")
        for label in ("NORMAL", "PNEUMONIA")
        for patient in range(20)
        for image in range(1 + patient % 3)
    ]
)
NUM_NORMAL = 39  # 7 patients with one image, 7 with two, 6 with three
SHARES = st.floats(0.01, 1.0)
SEEDS = st.integers(0, 5)


def select(seed=0, **shares):
    return select_training(PREPARED, DataSettings(**shares), seed)


def patients(examples):
    return {example.patient for example in examples}


def test_by_default_it_is_the_whole_class_of_the_training_split():
    train, held_out = select()
    assert held_out == ()
    assert len(train) == NUM_NORMAL
    assert {(example.split, example.label) for example in train} == {("train", "NORMAL")}


def test_a_class_is_found_in_any_case():
    assert select(label="normal") == select(label="NORMAL")


@given(SEEDS, st.floats(0, 0.9), SHARES)
def test_a_patient_is_trained_on_or_held_out_and_never_both(seed, holdout, fraction):
    train, held_out = select(seed, holdout=holdout, fraction=fraction)
    assert not patients(train) & patients(held_out)
    assert train
    assert bool(held_out) == (holdout > 0)


@given(SEEDS, SEEDS)
def test_runs_of_several_seeds_can_have_the_same_patients(seed, split_seed):
    shares = {"holdout": 0.3, "fraction": 0.5}
    assert select(seed, split_seed=split_seed, **shares) == select(split_seed, **shares)


@given(SEEDS, SHARES, SHARES)
def test_a_smaller_fraction_is_a_part_of_a_larger_one(seed, one, other):
    smaller, larger = (select(seed, holdout=0.2, fraction=fraction) for fraction in sorted((one, other)))
    assert set(smaller[0]) <= set(larger[0])
    assert smaller[1] == larger[1]


def test_shares_are_shares_of_patients():
    train, held_out = select(holdout=0.25, fraction=0.2)
    assert (len(patients(held_out)), len(patients(train))) == (5, 3)
    assert len(patients(select(holdout=0.55)[1])) == 11  # 0.55 * 20 is a little more in floating point


def test_the_seed_decides_who_it_is():
    assert select(1, fraction=0.5) == select(1, fraction=0.5)
    assert select(1, fraction=0.5) != select(2, fraction=0.5)


def test_all_images_of_a_patient_go_together():
    train, held_out = select(holdout=0.5)
    assert len(train) + len(held_out) == NUM_NORMAL


def test_an_unknown_class_is_answered_with_those_there_are():
    with refused("NORMAL, PNEUMONIA", "ALL", field="config.data.label", value="COVID"):
        select(label="COVID")


def test_a_holdout_that_leaves_nobody_is_refused():
    with refused("20 patients of NORMAL", field="config.data.holdout", value=0.99):
        select(holdout=0.99)


def test_all_classes_have_the_images_that_runs_of_one_class_have():
    shares = {"holdout": 0.2, "fraction": 0.5}
    together = select(label="ALL", **shares)
    alone = [select(label=label, **shares) for label in ("NORMAL", "PNEUMONIA")]
    assert together == tuple(normal + pneumonia for normal, pneumonia in zip(*alone, strict=True))
    numbers = number_labels(together[0])
    assert numbers.tolist() == [0] * len(alone[0][0]) + [1] * len(alone[1][0])


def test_a_class_of_all_that_nobody_is_left_of_is_named():
    rare = ListedSet(*PREPARED.examples, example("train", "TB", 0, 0))
    data = DataSettings(label="ALL", holdout=0.1)
    with refused("1 patients of TB", field="config.data.holdout", value=0.1):
        select_training(rare, data, 0)


def test_all_classes_of_one_are_refused():
    one = ListedSet(*[one for one in PREPARED.examples if one.label == "NORMAL"])
    data = DataSettings(label="ALL")
    with refused("NORMAL", field="config.data.label", value="ALL"):
        select_training(one, data, 0)


def test_a_class_of_the_name_that_means_all_is_refused():
    odd = ListedSet(*PREPARED.examples, example("train", "ALL", 0, 0))
    data = DataSettings(label="ALL")
    with refused("ALL, NORMAL, PNEUMONIA", field="config.data.label", value="ALL"):
        select_training(odd, data, 0)


def test_the_number_of_classes_comes_from_the_data(tiny_settings):
    settings = tiny_settings.with_overrides({"data.label": "ALL"})
    training, _ = select(label="ALL")
    resolved = resolve_num_classes(settings, training)
    assert resolved.model.num_classes == 2
    assert resolve_num_classes(resolved, training) == resolved
    assert resolved.identity() == settings.identity()
    assert resolve_num_classes(tiny_settings, training) is tiny_settings
    with refused("2 classes (NORMAL, PNEUMONIA)", field="config.model.num_classes", value=3):
        resolve_num_classes(settings.with_overrides({"model.num_classes": 3}), training)


@given(SEEDS, st.floats(0, 0.9))
def test_who_is_held_out_of_one_class_is_of_all(seed, holdout):
    both = [
        Example("train", 0, f"{label}/p{number}/a.png", label, f"p{number}", f"p{number}", f"{label}{number}", 8, 8)
        for label, numbers in (("NORMAL", range(20)), ("PNEUMONIA", range(10, 16)))
        for number in numbers
    ]
    prepared = ListedSet(*both)
    trained, held = set(), set()
    for label in ("NORMAL", "PNEUMONIA"):
        data = DataSettings(label=label, holdout=holdout)
        try:
            train, held_out = select_training(prepared, data, seed)
        except UserError:
            return  # nobody is left
        trained |= patients(train)
        held |= patients(held_out)
    assert not trained & held


def test_of_many_classes_a_few_are_named():
    labels = {f"finding {number:03}" for number in range(300)}
    with refused("finding 019 and 280 more", "ALL", field="config.data.label", value="NORMAL") as caught:
        check_label("NORMAL", labels)
    assert len(str(caught.value)) < 500


def of_rare_class(count, split="train"):
    return [example(split, "COVID", f"{split}{patient}", 0) for patient in range(count)]


def test_one_line_says_where_the_images_went():
    prepared = ListedSet(*of_rare_class(100), *of_rare_class(24, "test"), example("train", "NORMAL", 1, 0))
    selected = select_training(prepared, DataSettings(label="COVID", holdout=0.1), 0)
    assert describe_selection(prepared, *selected) == ["COVID: 124 -> 100 train (24 test) -> 90 (10 held out)"]
    selected = select_training(prepared, DataSettings(label="COVID", holdout=0.1, fraction=0.5), 0)
    (line,) = describe_selection(prepared, *selected)
    assert line == "COVID: 124 -> 100 train (24 test) -> 45 (10 held out, 45 left out by data.fraction)"


def test_a_class_so_small_that_copies_are_likely_is_warned_of():
    assert warn_of_few(of_rare_class(FEW)) == []
    (warning,) = warn_of_few(of_rare_class(FEW - 1))
    assert warning.startswith("COVID has 199 training images")
    assert "memorised_share" in warning
