"""The whole command, as a user runs it."""

import csv
import json

import numpy as np
import pytest
from PIL import Image

from dcgan_jax.training.step import METRICS
from tests.launching import TINY_FLAGS, launch


@pytest.fixture
def run(finished_run):
    return finished_run


def summary(workdir):
    return json.loads((workdir / "summary.json").read_text())


def test_a_run_leaves_what_it_promises(run):
    names = {path.name for path in run.iterdir()}
    assert {"config.json", "train_files.tsv", "metrics.jsonl", "summary.json", "samples", "figures"} <= names
    assert {"starts.jsonl", "report.html"} <= names
    assert {path.name for path in (run / "samples").iterdir()} == {
        *(f"step_000000{step}.png" for step in (0, 3, 6)),
        "latest.png",
    }
    assert (run / "samples" / "latest.png").read_bytes() == (run / "samples" / "step_0000006.png").read_bytes()
    assert {path.name for path in (run / "figures").iterdir()} == {"curves.png", "comparison_with_real_images.png"}
    assert Image.open(run / "samples" / "step_0000006.png").size == (8 * 66 - 2, 8 * 66 - 2)


def test_every_iteration_is_recorded(run):
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 7))
    assert [row["epoch"] for row in rows] == [0, 0, 1, 1, 2, 2]
    for row in rows:
        assert set(METRICS) <= row.keys()
        assert all(0 <= row[name] <= 1 for name in METRICS if "accuracy" in name)


def test_the_summary_says_what_was_done(run):
    told = summary(run)
    assert told["step"] == 6
    assert told["num_train_images"] == 16
    assert len(told["state_sha256"]) == 64
    assert told["images_per_second"] > 0
    assert told["seconds"] > 0
    assert told["versions"]["jax"]


def test_the_training_files_are_listed(run):
    rows = list(csv.DictReader((run / "train_files.tsv").open(), delimiter="\t"))
    assert len(rows) == 16
    assert {row["class"] for row in rows} == {"NORMAL"}
    assert all(len(row["sha256"]) == 64 and row["file"] and row["patient"] for row in rows)


def test_a_finished_run_started_again_changes_nothing(run, tmp_path):
    before = (run / "summary.json").read_bytes(), (run / "metrics.jsonl").read_bytes()
    outcome = launch(*TINY_FLAGS, f"--workdir={run}", log=tmp_path / "log")
    assert outcome.code == 0, outcome.output
    assert "done already, after 6 steps" in outcome.output
    assert ((run / "summary.json").read_bytes(), (run / "metrics.jsonl").read_bytes()) == before


def test_the_report_is_written_at_the_end_and_again_at_any_time(run, tmp_path):
    written = (run / "report.html").read_bytes()
    (run / "report.html").unlink()
    outcome = launch("--mode=report", f"--workdir={run}", log=tmp_path / "log")
    assert outcome.code == 0, outcome.output
    assert (run / "report.html").read_bytes() == written
    outcome = launch("--mode=report", f"--workdir={tmp_path / 'none'}", log=tmp_path / "log")
    assert outcome.code == 2, outcome.output
    assert "holds nothing to report" in outcome.output


def test_generate_writes_images_that_say_they_are_synthetic(run, tmp_path):
    flags = (f"--workdir={run}", "--mode=generate", "--config.generate.count=5", f"--config.generate.out={tmp_path}/a")
    outcome = launch(*flags, log=tmp_path / "log")
    assert outcome.code == 0, outcome.output
    rows = list(csv.DictReader((tmp_path / "a" / "manifest.csv").open()))
    assert [row["file"] for row in rows] == [f"NORMAL/0000{index}.png" for index in range(5)]
    assert {(row["checkpoint_step"], row["class"], row["synthetic"]) for row in rows} == {("6", "NORMAL", "synthetic")}
    assert len({row["latent_seed"] for row in rows}) == 5
    image = Image.open(tmp_path / "a" / "NORMAL" / "00000.png")
    assert (image.size, image.mode) == ((64, 64), "L")
    assert "synthetic" in image.text["Description"]
    assert "no patient was imaged" in (tmp_path / "a" / "NOTICE.txt").read_text()
    beside = {"manifest.csv", "grid.png", "NOTICE.txt", "README.md", "croissant.json"}
    assert {path.name for path in (tmp_path / "a").iterdir()} == {"NORMAL", *beside}
    assert "synthetic" in Image.open(tmp_path / "a" / "grid.png").text["Description"]


def test_generated_images_depend_on_the_seed_alone(run, tmp_path):
    def generated(folder, *flags):
        out = tmp_path / folder
        outcome = launch(
            f"--workdir={run}", "--mode=generate", f"--config.generate.out={out}", *flags, log=tmp_path / "log"
        )
        assert outcome.code == 0, outcome.output
        return [np.asarray(Image.open(path)) for path in sorted(out.glob("NORMAL/0*.png"))]

    few = generated("few", "--config.generate.count=3")
    more = generated("more", "--config.generate.count=4")
    other = generated("other", "--config.generate.count=3", "--config.generate.seed=1")
    np.testing.assert_array_equal(few, more[:3])
    assert not np.array_equal(few, other)


def test_copies_are_left_out_of_an_export_and_counted(run, tmp_path):
    def export(limit):
        out = tmp_path / f"out{limit}"
        flags = ("--mode=generate", f"--workdir={run}", "--config.generate.count=6", f"--config.generate.out={out}")
        outcome = launch(*flags, f"--config.generate.max_similarity={limit}", log=tmp_path / "log")
        assert outcome.code == 0, outcome.output
        return outcome.output, list(csv.DictReader((out / "manifest.csv").open()))

    output, rows = export(1.0)
    assert "6 images of checkpoint 6" in output
    assert "; 0 left out as copies" in output
    assert all(row["nearest_training_file"].startswith("train/NORMAL/") for row in rows)
    similarities = sorted(float(row["similarity"]) for row in rows)
    limit = round((similarities[2] + similarities[3]) / 2, 4)
    output, rows = export(limit)
    assert "3 images of checkpoint 6" in output
    assert "; 3 left out as copies" in output
    assert max(float(row["similarity"]) for row in rows) <= limit


@pytest.mark.parametrize("finished", [True, False])
def test_an_export_leaves_nothing_of_the_one_before(run, tmp_path, finished):
    out = tmp_path / "out"
    for count in (4, 2):
        flags = (
            "--mode=generate",
            f"--workdir={run}",
            f"--config.generate.count={count}",
            f"--config.generate.out={out}",
        )
        outcome = launch(*flags, log=tmp_path / "log")
        assert outcome.code == 0, outcome.output
        assert sorted(path.name for path in out.glob("NORMAL/0*.png")) == [f"0000{index}.png" for index in range(count)]
        if not finished:
            for name in ("manifest.csv", "grid.png", "NOTICE.txt"):
                (out / name).unlink()


def test_help_is_no_error(tmp_path):
    outcome = launch("--help", log=tmp_path / "log")
    assert outcome.code == 0
    for flag in ("--config", "--workdir", "--mode", "--deterministic", "--stop_on_usr1", "generate.out"):
        assert flag.removeprefix("--") in outcome.output
