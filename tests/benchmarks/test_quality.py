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
from benchmarks.quality_records import SCORES, describe_generator, load_records, save_record
from dcgan_jax.data.prepare import prepare
from dcgan_jax.errors import EXIT_INTERRUPTED, EXIT_USER_ERROR
from dcgan_jax.settings import Settings

NAMES = {
    *("config", "scale", "seed", "images_seen", "fid", "floor", "interval", "dims", "weights_sha256"),
    *("precision", "recall", "coverage", "memorised_share", "command"),
}
FLOOR = {"fid": 0.1, "score": 0.5, "ratio": 5.0, "num_real": 8, "num_other": 8, "divided_by": "patients"}
EVALUATION = dict.fromkeys(SCORES, 0.25) | {
    "floor": FLOOR | {"halves": {}},
    "interval": {"low": 0.2, "high": 0.3, "level": 0.95, "kid": None},
    "memorisation": {"false_positive_rate": 0.02},
    "dims": 768,
    "preprocess": "pillow",
    "resize_filter": "bicubic",
    "num_real": 16,
    "num_generated": 5,
    "num_held_out": 2,
    "weights": "stand-in weights",
    "weights_sha256": "ab" * 32,
    "fingerprint": "0123",
    "seeds": [0],
    "step": 6,
    "device": "cpu",
}


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
            (workdir / "evaluation" / "step_6.json").write_text(json.dumps(EVALUATION))
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
    assert [record["seed"] for record in records] == [0, 1]
    assert set(records[0]) >= NAMES
    assert records[0]["checkerboard_real"] == measure_of_training_images(finished_run)
    assert records[0]["command"].startswith("python launch.py --config=configs/cxr.py ")
    assert str(tmp_path) not in json.dumps(records)
    assert (tmp_path / "docs" / "images" / "results" / "small_cxr_25600.png").exists()
    assert "| cxr | 25,600 | 2 |" in (tmp_path / "docs" / "results.md").read_text()


def test_every_run_of_a_scale_sees_the_same_number_of_images(launches):
    with flagsaver.flagsaver(images=3200):
        for config, steps in (("cxr", 25), ("ablation:small_batch", 200)):
            run = quality.Run(config, "small", 0, 3200)
            assert f"--config.train.steps={steps}" in run.flags()


def test_a_configuration_that_changed_is_no_finished_run(tmp_path, launches):
    run = quality.Run("cxr", "small", 0, 25_600)
    save_record(tmp_path / "docs" / "results.json", quality.describe(run) | {"settings_sha256": "before"})
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


def record(config, seed, fid, **others):
    values = dict.fromkeys(SCORES) | {"memorised_control": None, "checkerboard": 1.0, "checkerboard_real": 1.0}
    values |= {"generator_flops": 69e6, "training_flops": 700e6}
    own = {"config": config, "scale": "small", "seed": seed, "images_seen": 9600, "fid": fid, "floor": FLOOR}
    protocol = {name: EVALUATION[name] for name in ("preprocess", "resize_filter", "weights", "weights_sha256")}
    counts = {"num_real": 1203, "num_generated": 500, "num_held_out": 138}
    return values | own | protocol | counts | others


def test_a_table_has_the_longest_runs_first_and_of_them_the_best_with_means_and_ranges():
    records = [record("a", 0, 4.0, recall=0), record("a", 1, 6.0, recall=0), record("b", 0, 3.0, kid=0.002)]
    table = format_table([*records, record("a", 0, 9.0, images_seen=19200)]).splitlines()
    assert table[2].startswith("| a | 19,200 | 1 | 9.000 | - |")
    assert table[3].startswith("| b | 9,600 | 1 | 3.000 | - | 2.000 | - |")
    assert table[4].startswith("| a | 9,600 | 2 | 5.000 (4.000 to 6.000) | - | - | - | - | 0.000 | - |")
    assert table[4].endswith("| 69 | 700 |")
    assert "stand-in weights (abababababab)" in table[-1]
    assert "8 against 8 training images, FID 0.100" in table[-1]


def test_a_record_from_before_something_was_measured_shows_a_dash():
    older = record("a", 0, 4.0)
    del older["checkerboard_real"]
    assert "| 1.000 | - | 69 | 700 |" in format_table([older])


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
    assert [(one["seed"], one["fid"]) for one in load_records(tmp_path / "results.json")] == [(0, 5.0), (1, 6.0)]


def test_the_papers_generator_costs_4_gflop_an_image(tiny_settings):
    described = describe_generator(
        tiny_settings.with_overrides({"data.image_size": 128, "model.base_channels": 64, "model.latent_size": 100})
    )
    assert described["generator_parameters"] == 17_762_817
    # Four stages of 4 taps a pixel and halving channels cost the same; XLA leaves out what falls on the padding.
    by_hand = 2 * 100 * 65536 + 4 * (2 * 16 * 16 * 4 * 1024 * 512) + 2 * 128 * 128 * 25 * 64
    assert described["generator_flops"] == pytest.approx(by_hand, rel=0.07)
