"""All measurements for an accelerator: what is finished is skipped, what fails is named and stops nothing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.accelerator_parts import FULL, TINY, Part, collect, create_parts, is_done, run
from dcgan_jax.settings import Settings
from tests.launching import REPOSITORY


def part_of(tmp_path, code):
    """A part that runs a line of Python."""
    script = tmp_path / "part.py"
    script.write_text(code)
    return Part("a-part", (str(script),), tmp_path / "found.json")


def test_a_finished_part_is_known_at_the_next_start(tmp_path):
    part = part_of(tmp_path, f"open({str(tmp_path / 'found.json')!r}, 'w').write('[7]')")
    assert not is_done(part, tmp_path)
    assert run(part, tmp_path) == 0
    assert is_done(part, tmp_path)
    collect([part, replace(part, name="another")], tmp_path)
    results = json.loads((tmp_path / "results.json").read_text())
    assert results.keys() == {"a-part"}
    assert results["a-part"]["result"] == [7]
    assert results["a-part"]["seconds"] > 0


def test_a_part_that_fails_is_not_finished(tmp_path):
    part = part_of(tmp_path, "raise SystemExit(3)")
    assert run(part, tmp_path) == 3
    assert not is_done(part, tmp_path)


def test_a_training_that_was_stopped_begins_anew(tmp_path):
    workdir = tmp_path / "workdir"
    workdir.mkdir()
    (workdir / "checkpoint").touch()
    part = part_of(tmp_path, f"open({str(tmp_path / 'found.json')!r}, 'w').write('{{}}')")
    assert run(replace(part, workdir=workdir), tmp_path) == 0
    assert not workdir.exists()


@pytest.mark.parametrize("sizes", [FULL, TINY], ids=["full", "tiny"])
def test_every_part_asks_for_what_there_is(tmp_path, sizes):
    parts = create_parts(tmp_path, sizes)
    assert len({part.name for part in parts}) == len(parts)
    for part in parts:
        script, *options = part.command
        flags = (REPOSITORY / ("dcgan_jax/cli/flags.py" if script == "launch.py" else script)).read_text()
        for option in options:
            name = option.removeprefix("--").partition("=")[0]
            if name.startswith("config."):
                assert name.removeprefix("config.") in Settings.field_names()
            else:
                assert f'"{name}"' in flags, (part.name, option)


def test_the_parts_are_the_papers_iteration_in_both_types():
    names = [part.name for part in create_parts(Path("/out"), FULL)]
    assert names[:6] == [f"step-{dtype}-{steps}" for dtype in ("bfloat16", "float32") for steps in (1, 8, 32)]
    assert {"run-float32", "run-bfloat16", "device-bfloat16", "stream-bfloat16", "profile-float32"} <= set(names)
    assert (FULL.image_size, FULL.base_channels, FULL.batch_size) == (128, 64, 128)
