"""The page as a whole: the same bytes for the same records, small, private by default, whatever state the run is in."""

import json
import shutil

import jax
import numpy as np
import pytest
from PIL import Image

from dcgan_jax.report.write import create_report, write_report
from dcgan_jax.trial.record import TrialRecord
from tests.refusals import refused
from tests.report.workdirs import add_evaluation, add_real_images, add_trial, draw_samples, make_full, make_run
from tests.trial.examples import OVER_COPIES


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    return make_full(tmp_path_factory.mktemp("full") / "run")


def test_it_is_redrawn_byte_for_byte_wherever_the_folder_goes(full, tmp_path):
    path = write_report(full)
    first = path.read_bytes()
    assert path == full / "report.html"
    moved = shutil.copytree(full, tmp_path / "run", copy_function=shutil.copyfile)  # and other times of writing
    assert write_report(moved).read_bytes() == first


def test_it_is_at_most_3_mb_whatever_the_images_are(tmp_path):
    root = make_run(tmp_path / "run")
    config = json.loads((root / "config.json").read_text())
    config["data"]["image_size"] = 256
    (root / "config.json").write_text(json.dumps(config))
    draw_samples(root, 0, 0, size=256, channels=3)
    for step in range(1, 12):
        shutil.copy(root / "samples" / "step_0000000.png", root / "samples" / f"step_{step:07d}.png")
    add_evaluation(root)
    add_real_images(root)
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1600, 3), np.uint8)
    Image.fromarray(noise).save(root / "evaluation" / "step_0000012_default_0123456789ab_closest_with_real_images.png")
    page = create_report(root, include_real=True)
    assert "of 256 pixels a side" in page
    assert 1_000_000 < len(page.encode()) <= 3_000_000


def test_no_real_image_and_no_name_of_one_unless_they_are_asked_for(full):
    hidden, shown = create_report(full), create_report(full, include_real=True)
    name = json.loads(next((full / "evaluation").glob("*.json")).read_text())["memorisation"]["closest"][0]["file"]
    assert name not in hidden
    assert name in shown
    assert "No real image is on this page." in hidden
    assert "This page shows real images" in shown
    assert shown.count("data:image/png") > hidden.count("data:image/png")


def test_what_synthetic_images_add_over_copies_is_on_it(tmp_path):
    root = make_run(tmp_path / "run")
    record = TrialRecord.read(add_trial(root))
    assert "more than their number" not in create_report(root)
    record.model_copy(update={"over_copies": (OVER_COPIES,)}).write(root / "trial.json")
    assert "synthetic, ratio 0.5, 50% of the patients: It is more." in create_report(root)


def test_a_page_that_is_passed_on_has_no_links_and_no_folders_of_this_machine(full):
    page = create_report(full, is_shared=True)
    assert "<a " not in page
    assert str(full.parent) not in page
    assert "<code>trial.json</code>" in page


def test_a_figure_of_an_older_version_is_found(full, tmp_path):
    root = shutil.copytree(full, tmp_path / "run")
    before = create_report(root, include_real=True)
    (root / "figures" / "comparison_with_real_images.png").rename(root / "figures" / "comparison.png")
    assert create_report(root, include_real=True).count("data:image") == before.count("data:image")


def test_a_run_that_is_under_way_is_shown_as_far_as_it_is(tmp_path):
    root = make_run(tmp_path / "run")
    (root / "summary.json").unlink()
    lines = (root / "metrics.jsonl").read_text().splitlines(keepends=True)
    (root / "metrics.jsonl").write_text("".join(lines[:4]) + lines[4][:20])  # the fifth row is being written
    (root / "samples" / "step_0000006.png").write_bytes(b"\x89PNG\r\n\x1a\n")  # as is the third grid
    page = create_report(root)
    assert "at step 4 of 6" in page
    assert "Generated images after 3 steps" in page
    assert page.count("Not measured") == 4  # scores, copies, trial, study


def test_damaged_records_are_told_and_the_rest_is_shown(full, tmp_path):
    root = shutil.copytree(full, tmp_path / "run")
    (root / "trial.json").write_text("{")
    add_evaluation(root, "step_0000013_default_0123456789ab.json", fid="far")
    page = create_report(root)
    assert "trial.json is damaged" in page
    assert "step_0000013_default_0123456789ab.json is damaged (fid" in page
    assert "of step 12 against" in page


def test_it_touches_no_device_that_a_training_may_hold(full, monkeypatch):
    def refuse(*_):
        raise AssertionError("a device was asked for")

    monkeypatch.setattr(jax, "devices", refuse)
    monkeypatch.setattr("jax._src.xla_bridge.get_backend", refuse)
    create_report(full)


def test_an_empty_folder_is_refused(tmp_path):
    with refused("--workdir", path=tmp_path):
        write_report(tmp_path)
