"""The comparison of recipes: each run once, whatever interrupts it, and tables that say what was measured."""

import json
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from absl import flags
from absl.testing import flagsaver

from benchmarks import quality
from benchmarks.checkerboard import compute_checkerboard
from benchmarks.quality_page import BEGIN, END, format_table, update_page
from benchmarks.quality_records import describe_generator, load_records, save_record
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import EXIT_INTERRUPTED, EXIT_USER_ERROR
from dcgan_jax.evaluation.record import Baseline, EvaluationRecord, Measures
from dcgan_jax.settings import Settings
from tests.refusals import refused

NAMES = {
    *("config", "scale", "seed", "images_seen", "fid", "baseline", "interval", "dims", "weights_sha256"),
    *("precision", "recall", "coverage", "memorised_share", "command", "image_size", "base_channels"),
}
OLD_EVALUATION = Path(__file__).parents[1] / "evaluation" / "record_v0.json"


@pytest.fixture
def launches(tmp_path, monkeypatch, finished_run):
    """The commands that are run, by a stand-in for launch.py that leaves what it leaves; the first is stopped."""
    commands = []

    def fake(command):
        commands.append(command)
        options = dict(part.removeprefix("--").partition("=")[::2] for part in command[2:])
        workdir = Path(options["workdir"])
        if len(commands) == 1:
            return EXIT_INTERRUPTED
        if options["mode"] == "train":
            shutil.copytree(finished_run, workdir)
        else:
            (workdir / "evaluation").mkdir()
            shutil.copy(OLD_EVALUATION, workdir / "evaluation" / "step_6.json")
        return 0

    monkeypatch.setattr(quality, "run_and_wait", fake)
    if not flags.FLAGS.is_parsed():
        flags.FLAGS(["quality"])
    with flagsaver.flagsaver(configs=["cxr"], seeds=["0", "1"], out=str(tmp_path / "out"), docs=str(tmp_path / "docs")):
        yield commands


def measure_of_training_images(workdir):
    settings = Settings.load(workdir / "config.json")
    prepared = prepare(settings.data, settings.seed)
    files = {line.split("\t")[0] for line in (workdir / "train_files.tsv").read_text().splitlines()}
    examples = [example for example in prepared.examples if example.file in files]
    return compute_checkerboard(prepared.images(examples)[..., 0])


def test_it_stops_with_a_run_and_goes_on_where_it_was(tmp_path, launches, capsys, finished_run):
    with pytest.raises(SystemExit) as stopped:
        quality.main(["quality"])
    assert stopped.value.code == EXIT_INTERRUPTED
    assert "was stopped: give the same command again" in capsys.readouterr().err
    quality.main(["quality"])
    assert [command[2] for command in launches] == ["--mode=train"] + ["--mode=train", "--mode=evaluate"] * 2
    quality.main(["quality"])
    assert len(launches) == 5  # finished runs are not run again
    for command in launches:  # what overrides a configuration is understood after it only
        fields = [word for word in command if word.startswith("--config")]
        assert (fields[0] == "--config=configs/cxr.py") == ("--mode=train" in command)
    records = load_records(tmp_path / "docs" / "results.json")
    assert [record.seed for record in records] == [0, 1]
    listed = json.loads((tmp_path / "docs" / "results.json").read_text())
    assert set(listed[0]) >= NAMES
    first, evaluation = records[0], EvaluationRecord.read(OLD_EVALUATION)
    assert first.checkerboard_real == measure_of_training_images(finished_run)
    assert (first.fid, first.baseline) == (evaluation.fid, evaluation.baseline.held_out)
    assert first.baseline_training.fid == evaluation.baseline.fid
    assert first.false_positive_rate == evaluation.memorization.false_positive_rate
    assert first.command.startswith("python launch.py --config=configs/cxr.py ")
    assert str(tmp_path) not in json.dumps(listed)
    assert (tmp_path / "docs" / "images" / "results" / "small_cxr_25600.png").exists()
    assert "| cxr | 25,600 | 2 |" in (tmp_path / "docs" / "results.md").read_text()


def test_every_run_of_a_scale_sees_the_same_number_of_images(launches):
    with flagsaver.flagsaver(images=3200):
        for config, steps in (("cxr", 25), ("ablation:small_batch", 200)):
            run = quality.Run(config, "small", 0, 3200)
            assert f"--config.train.steps={steps}" in run.flags()


def test_a_configuration_that_changed_is_no_finished_run(tmp_path, launches):
    run = quality.Run("cxr", "small", 0, 25_600)
    save_record(tmp_path / "docs" / "results.json", record(**quality.describe(run) | {"settings_sha256": "before"}))
    with pytest.raises(SystemExit) as stopped:
        quality.main(["quality"])
    assert stopped.value.code == EXIT_USER_ERROR
    assert not launches


@pytest.mark.parametrize("given", [{"configs": ["cxr", "cxr_bset"]}, {"configs": ["ablation:x"]}, {"images": 100}])
def test_mistakes_are_refused_before_the_first_run(launches, given):
    with flagsaver.flagsaver(**given), pytest.raises(SystemExit) as stopped:
        quality.main(["quality"])
    assert stopped.value.code == EXIT_USER_ERROR
    assert not launches


WAITING = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
pathlib.Path(sys.argv[1]).touch()
signal.pause()
"""


def test_a_signal_is_handed_on_to_the_run(tmp_path):
    ready = tmp_path / "ready"

    def send():
        while not ready.exists():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

    threading.Thread(target=send).start()
    assert quality.run_and_wait([sys.executable, "-c", WAITING, str(ready)]) == EXIT_INTERRUPTED


RESULTS = Path(__file__).parents[2] / "docs" / "results.json"


def published(*run):
    """A record of results.json, by scale, configuration, images seen and seed."""
    return next(one for one in load_records(RESULTS) if one.run == run)


def record(config, seed, fid=4.0, **others):
    """A published record with some values of its own."""
    known = published("small", "ablation:augment", 25_600, 0)
    return known.model_copy(update={"config": config, "seed": seed, "fid": fid, **others})


def test_the_published_results_are_read_whatever_version_wrote_them(tmp_path):
    """As they lay in version 0.1: without a version, with `floor` and `memorised_control`."""
    now = published("small", "ablation:best_logistic", 128_000, 0)
    old = now.model_dump(mode="json")
    parts = old.pop("baseline_training")
    del old["schema_version"], old["image_size"], old["base_channels"], old["baseline"], old["history"]
    old["memorised_control"] = old.pop("false_positive_rate")
    old["floor"] = {name: parts[name] for name in ("fid", "ratio", "num_real", "num_other", "divided_by")}
    old["floor"]["score"] = parts["generated"]["fid"]
    (tmp_path / "results.json").write_text(json.dumps([old]))
    (read,) = load_records(tmp_path / "results.json")
    assert (read.image_size, read.base_channels, read.false_positive_rate) == (64, 8, now.false_positive_rate)
    assert read.baseline_training.generated.fid == parts["generated"]["fid"]
    assert read.checkerboard_real == now.checkerboard_real


@pytest.mark.parametrize("content", ["[", "7", "[3]", "null", '[{"fid": 1}]', '{"fid": 1}'])
def test_damaged_results_are_named(tmp_path, content):
    path = tmp_path / "results.json"
    path.write_text(content)
    with refused(path=path):
        load_records(path)


def test_a_table_has_the_longest_runs_first_and_of_them_the_best_with_means_and_ranges():
    small = {"images_seen": 9600, "fid_2048": None, "baseline": None, "generator_flops": 69e6, "training_flops": 7e8}
    records = [
        record("a", 0, 4.0, **small),
        record("a", 1, 6.0, **small),
        record("b", 0, 3.0, **small | {"kid": 0.002}),
    ]
    table = format_table([*records, record("a", 0, 9.0, **small | {"images_seen": 19200})]).splitlines()
    assert table[2].startswith("| a | 19,200 | 1 | 9.000 | - |")
    assert table[3].startswith("| b | 9,600 | 1 | 3.000 | - | 2.000 | ")
    assert table[4].startswith("| a | 9,600 | 2 | 5.000 (4.000 to 6.000) | - | ")
    assert table[4].endswith("| 69 | 700 |")
    assert "64x64 pixels, 8 base channels" in table[-1]


def test_what_was_not_measured_shows_a_dash():
    older = record("a", 0, checkerboard_real=None, checkerboard_amplitude=None, checkerboard=1.0)
    assert "| 1.000 | - | - | - |" in format_table([older])


def test_held_out_real_images_have_a_row_of_their_own():
    baseline = Baseline(
        coverage=0.9, num_real=8, num_other=5, divided_by="patients", generated=Measures(coverage=0.1), ratio=None
    )
    table = format_table([record("a", 0, baseline=baseline)]).splitlines()
    assert table[3].startswith("| *5 held-out real images* |")
    assert "| 0.900 |" in table[3]
    assert "| 0.100 |" in table[4]


def test_an_eighth_is_the_papers_run_scored_ten_times():
    cxr, best = (quality.Run(config, "eighth", 0, 640_000).fields() for config in ("cxr", "cxr_best"))
    shared = {"data.holdout": 0.1, "model.base_channels": 8, "eval.every_epochs": 0, "eval.preprocess": "pillow"}
    shared |= {"eval.num_samples": 500, "seed": 0}
    assert cxr == shared | {"train.steps": 5000, "eval.every_steps": 500}
    falling = {"optimizer.decay_start": 40_000, "optimizer.decay_end": 80_000}
    assert best == shared | {"train.steps": 80_000, "eval.every_steps": 8000} | falling


def test_rates_fall_in_the_same_part_of_a_shorter_run(monkeypatch):
    falling = quality.load_settings("cxr").with_overrides({"optimizer.decay_start": 2500, "optimizer.decay_end": 5000})
    monkeypatch.setattr(quality, "load_settings", lambda config: falling)
    fields = quality.Run("cxr", "small", 0, 25_600).fields()
    assert (fields["train.steps"], fields["optimizer.decay_start"], fields["optimizer.decay_end"]) == (200, 100, 200)


def test_what_people_wrote_around_a_table_stays(tmp_path):
    page = tmp_path / "results.md"
    page.write_text(f"# Results\n\nBefore.\n\n{BEGIN.format('small')}\nold\n{END.format('small')}\n\nAfter.\n")
    update_page(page, [record("a", 0, 4.0)])
    text = page.read_text()
    assert text.startswith("# Results\n\nBefore.\n")
    assert text.endswith("\n\nAfter.\n")
    assert "old" not in text
    assert "4.000" in text


def test_a_record_replaces_one_of_the_same_run(tmp_path):
    for fid in (4.0, 5.0):
        save_record(tmp_path / "results.json", record("a", 0, fid))
    save_record(tmp_path / "results.json", record("a", 1, 6.0))
    assert [(one.seed, one.fid) for one in load_records(tmp_path / "results.json")] == [(0, 5.0), (1, 6.0)]


def test_the_papers_generator_costs_4_gflop_an_image(tiny_settings):
    described = describe_generator(
        tiny_settings.with_overrides({"data.image_size": 128, "model.base_channels": 64, "model.latent_size": 100})
    )
    assert described.parameters == 17_762_817
    # Four stages of 4 taps a pixel and halving channels cost the same; XLA leaves out what falls on the padding.
    by_hand = 2 * 100 * 65536 + 4 * (2 * 16 * 16 * 4 * 1024 * 512) + 2 * 128 * 128 * 25 * 64
    assert described.flops == pytest.approx(by_hand, rel=0.07)
