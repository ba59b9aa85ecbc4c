"""Which images a study shows: of two folders, or of a run and of patients that it has not seen."""

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.data.phantom import draw_phantom
from dcgan_jax.data.prepare import prepare
from dcgan_jax.data.prepared import Example
from dcgan_jax.data.train_files import TrainFile
from dcgan_jax.runs.provenance import Provenance
from dcgan_jax.settings import DataSettings, StudySettings
from dcgan_jax.study.material import count_needed, read_folders
from dcgan_jax.study.run_material import _choose_real
from tests.dicom_files import make_dicom
from tests.refusals import refused


@pytest.fixture
def folders(tmp_path):
    """Real images of two sizes in color, and smaller generated ones."""
    for name, sides in (("real", (90, 120)), ("generated", (64, 64))):
        (tmp_path / name).mkdir()
        for index in range(6):
            image = Image.fromarray(draw_phantom(64, 0, index, "NORMAL")).resize((sides[index % 2], 100))
            image.convert("RGB" if name == "real" else "L").save(tmp_path / name / f"{index}.png")
    return {"real_dir": str(tmp_path / "real"), "generated_dir": str(tmp_path / "generated")}


def test_images_of_folders_have_the_size_of_the_smallest(folders):
    material = read_folders(StudySettings(images=4, **folders), DataSettings())
    assert material.real.shape == material.generated.shape == (4, 64, 64)
    assert [row.kind for row in material.rows] == ["real"] * 4 + ["generated"] * 4
    assert material.origin.real_from == "folder"


def test_deep_files_are_shown_as_preparing_shows_them(folders, tmp_path):
    """12 bits in files of 16, and a DICOM file with a window: neither is nearly black."""
    real = tmp_path / "deep"
    (real / "NORMAL").mkdir(parents=True)
    values = 16 * draw_phantom(64, 0, 0, "NORMAL").astype(np.uint16)  # 0 to 4,080
    values[0, :2] = 0, 4095
    Image.fromarray(values).save(real / "NORMAL" / "a.png")
    window = {"WindowCenter": 1024, "WindowWidth": 2048}
    (real / "NORMAL" / "b.dcm").write_bytes(make_dicom(values, **window))
    (real / "NORMAL" / "c.dcm").write_bytes(make_dicom(values, ViewPosition="LL"))
    data = DataSettings(dir=str(real), image_size=64, test=0.0)
    prepared = prepare(data, seed=0)
    of_training = {example.file: prepared.images([example])[0, ..., 0] for example in prepared.examples}
    material = read_folders(StudySettings(images=2, **{**folders, "real_dir": str(real)}), data)
    assert len(of_training) == len(material.real) == 2  # a lateral view is not learned from, nor shown
    shown = sorted(material.real, key=np.mean)
    for image, seen in zip(shown, sorted(of_training.values(), key=np.mean), strict=True):
        np.testing.assert_array_equal(image, seen)
    np.testing.assert_array_equal(shown[0], np.rint(values / 4095 * 255))


def test_admitted_files_are_shown_and_others_refused(folders, tmp_path):
    real = tmp_path / "raw"
    real.mkdir()
    for index in range(2):
        values = 16 * draw_phantom(64, 0, index, "NORMAL").astype(np.uint16)
        (real / f"{index}.dcm").write_bytes(make_dicom(values, PresentationIntentType="FOR PROCESSING"))
    study = StudySettings(images=2, **{**folders, "real_dir": str(real)})
    assert len(read_folders(study, DataSettings(admit=("for_processing",))).real) == 2
    with refused("FOR PROCESSING", path=real / "0.dcm"):
        read_folders(study, DataSettings())


def test_the_seed_chooses(folders):
    chosen = [
        [row.origin for row in read_folders(StudySettings(images=3, seed=seed, **folders), DataSettings()).rows]
        for seed in (0, 0, 1)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_too_few_images_and_no_folder_are_refused(folders):
    with refused("6 images", "7", field="config.study.real_dir", value=folders["real_dir"]):
        read_folders(StudySettings(images=7, **folders), DataSettings())
    with refused(field="config.study.generated_dir", value="/nowhere"):
        read_folders(StudySettings(images=2, **{**folders, "generated_dir": "/nowhere"}), DataSettings())


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({"images": 100}, (100, 100)),
        ({"images": 100, "generated_share": 0.3}, (140, 60)),
        ({"images": 2, "generated_share": 0.01}, (3, 1)),
        ({"images": 10, "design": "pairs"}, (10, 10)),
        ({"images": 10, "naive": 5, "question": "a / b"}, (13, 12)),
    ],
)
def test_how_many_are_needed(fields, needed):
    assert count_needed(StudySettings(**fields)) == needed


def make_example(split, patient, number, pixels=None):
    file = f"{split}/{patient}/{number}.png"
    return Example(split, 0, file, "NORMAL", patient, patient, pixels or file, 64, 64)


EXAMPLES = [
    *(make_example("train", f"p{patient}", number) for patient in range(4) for number in range(3)),
    *(make_example("test", f"t{patient}", number) for patient in range(3) for number in range(2)),
    make_example("test", "p1", 9),  # a patient of training images in the test split
    make_example("test", "t9", 0, pixels="train/p0/0.png"),  # a copy of a training image
]
TRAINED = Provenance("run", tuple(TrainFile(each.file, "NORMAL", "", each.sha256) for each in EXAMPLES[:9]))


def choose(count, **fields):
    return _choose_real(EXAMPLES, TRAINED, StudySettings(**fields), ["NORMAL"], count)


def test_real_images_are_of_patients_that_were_not_trained_on_one_each():
    chosen = choose(4)
    assert sorted(each.patient for each in chosen) == ["p3", "t0", "t1", "t2"]
    with refused("5 held-out patients of NORMAL", "4", field="config.study.images", value=StudySettings().images):
        choose(5)


def test_patients_that_the_first_weights_had_seen_are_not_held_out():
    """Known by their pixels: the other run may have read them by other names."""
    seen = TrainFile("elsewhere/a.png", "NORMAL", "x", "test/t1/0.png")
    provenance = Provenance("run", TRAINED.rows, (seen,))
    chosen = _choose_real(EXAMPLES, provenance, StudySettings(), ["NORMAL"], 3)
    assert sorted(each.patient for each in chosen) == ["p3", "t0", "t2"]


def test_training_patients_where_they_are_asked_for():
    chosen = choose(3, real="training")
    assert len({each.patient for each in chosen}) == 3
    assert {each.sha256 for each in chosen} <= {row.sha256 for row in TRAINED.rows}


def test_data_that_are_not_the_runs_tell_nothing_of_its_patients():
    with refused("9 training images", field="config.data.dir"):
        _choose_real(EXAMPLES[9:], TRAINED, StudySettings(), ["NORMAL"], 2)


def test_both_classes_come_alike():
    others = [Example("test", 0, f"x{n}", "PNEUMONIA", f"x{n}", f"x{n}", f"x{n}", 64, 64) for n in range(3)]
    chosen = _choose_real([*EXAMPLES, *others], TRAINED, StudySettings(), ["NORMAL", "PNEUMONIA"], 5)
    assert sorted(each.label for each in chosen) == ["NORMAL"] * 2 + ["PNEUMONIA"] * 3
    assert np.unique([each.patient for each in chosen]).size == 5
