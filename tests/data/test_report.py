from dataclasses import replace

from dcgan_jax.data.prepared import Example
from dcgan_jax.data.report import create_report, describe_report

FACTS = {"source": "folder x", "settings": {"image_size": 64}, "left_out": [], "depth_range": None, "synthetic": []}


def example(split, label, name, width, height):
    file = f"{split}/{label}/{name}.png"
    return Example(split, 0, file, label, f"careful {name}", f"published {name}", name, width, height)


def test_sizes_are_those_of_the_sources_by_class():
    examples = [example("train", "A", str(n), width, 100) for n, width in enumerate((120, 130, 200))]
    report = create_report([*examples, example("train", "B", "b", 160, 100)], FACTS)
    assert report["sizes"]["A"] == {
        "least": [120, 100],
        "median": [130, 100],
        "greatest": [200, 100],
        "median_width_to_height": 1.3,
    }
    assert any("image shapes differ between the classes" in warning for warning in report["warnings"])


def test_nothing_to_warn_of_is_no_warning():
    report = create_report([example("train", "A", "1", 9, 9), example("test", "A", "2", 9, 9)], FACTS)
    assert report["warnings"] == []
    assert "Warnings" not in describe_report(report)


def test_files_of_nobody_known_are_warned_of_with_the_remedy():
    nobody = replace(example("train", "A", "1", 9, 9), patient="train/A/1.png", published_patient="train/A/1.png")
    report = create_report([nobody, example("train", "A", "2", 9, 9)], FACTS)
    assert report["files_without_patient"] == 1
    (warning,) = report["warnings"]
    assert "names of 1 of 2 files" in warning
    assert "a folder of their own below the class" in warning


def test_a_class_that_is_one_patient_is_warned_of():
    of_one = [replace(example("train", "A", str(n), 9, 9), patient="A/images") for n in range(3)]
    report = create_report([*of_one, example("train", "B", "b", 9, 9)], FACTS)
    (warning,) = report["warnings"]
    assert warning.startswith("all 3 images of A count as one patient, A/images")


def test_the_text_lists_what_was_left_out_and_the_range():
    facts = {
        **FACTS,
        "left_out": [{"file": "a.png", "reason": "it is empty"}],
        "depth_range": {"low": 12.0, "high": 4095.0},
    }
    text = describe_report(create_report([example("train", "A", "1", 9, 9)], facts))
    assert "- a.png: it is empty" in text
    assert "0 and 255: 12 and 4095" in text
