"""Checkpoints come back as they were; the newest are kept; a damaged one is named."""

import errno
import json
from functools import partial

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
import pytest

from dcgan_jax.errors import RetryLater, UserError
from dcgan_jax.runtime import retrying
from dcgan_jax.runtime.devices import create_mesh, replicated
from dcgan_jax.training.checkpoints import Checkpoints, DamagedCheckpointError, abstract_state
from dcgan_jax.training.state import compute_checksums, create_recipe, create_state, state_sha256
from tests.refusals import refused


@pytest.fixture(scope="module")
def state(tiny_settings):
    return jax.jit(partial(create_state, create_recipe(tiny_settings)))(jax.random.key(0))


IDENTITY = "the run"


def shapes(state, num_devices=1):
    return abstract_state(state, replicated(create_mesh(num_devices)))


def test_a_state_comes_back_bit_for_bit_on_any_number_of_devices(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        checkpoints.save(3, state)
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        for num_devices in (1, 4):
            restored = checkpoints.restore(3, shapes(state, num_devices))
            assert state_sha256(restored) == state_sha256(state)
            assert len(restored.step.sharding.device_set) == num_devices


def test_the_newest_are_kept_and_a_saved_step_is_not_saved_again(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=2) as checkpoints:
        for step in (1, 2, 2, 3):
            checkpoints.save(step, state)
        checkpoints.wait()
        assert checkpoints.steps() == [2, 3]


def test_the_best_is_kept_besides_the_newest_after_a_restart_too(tmp_path, state):
    fids = {1: 0.9, 2: 0.3, 3: 0.5, 4: 0.8}
    for steps in ((1, 2, 3), (4, 5)):
        with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
            for step in steps:
                checkpoints.save(step, state)
                if step in fids:
                    checkpoints.record_scores(step, {"fid": fids[step]})
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        assert checkpoints.steps() == [2, 5]
        assert checkpoints.best_step() == 2
        assert checkpoints.scores(2)["fid"] == 0.3
        assert checkpoints.scores(5) == {}


def test_a_state_may_be_donated_while_it_is_being_saved(tmp_path, state):
    expected = state_sha256(state)
    doomed = jax.tree.map(jnp.copy, state)
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        checkpoints.save(1, doomed)
        jax.tree.map(lambda leaf: leaf.delete(), doomed)
        checkpoints.wait()
        assert state_sha256(checkpoints.restore(1, shapes(state))) == expected


def test_a_damaged_checkpoint_is_named_with_the_remedy(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        checkpoints.save(1, state)
    for file in (tmp_path / "1").rglob("*"):
        if file.is_file() and file.stat().st_size > 100:
            file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with (
        Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints,
        refused("config.checkpoint.on_damage=fall_back", path=tmp_path / "1"),
    ):
        checkpoints.restore(1, shapes(state))


def test_one_changed_bit_is_noticed(state):
    values = state.generator["to_image"]["kernel"].ravel()
    bits = jax.lax.bitcast_convert_type(values[5], jnp.int32) ^ 1
    kernel = values.at[5].set(jax.lax.bitcast_convert_type(bits, jnp.float32))
    changed = compute_checksums(
        state.replace(generator={**state.generator, "to_image": {**state.generator["to_image"], "kernel": kernel}})
    )
    assert int((changed != compute_checksums(state)).sum()) == 1


def test_a_flipped_byte_of_a_saved_array_is_noticed(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.save(1, state)
    largest = max((tmp_path / "1").rglob("d/*"), key=lambda path: path.stat().st_size)
    content = bytearray(largest.read_bytes())
    for place in range(len(content) // 3, len(content), len(content) // 3):
        content[place] ^= 1
    largest.write_bytes(content)
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints, refused(path=tmp_path / "1"):
        checkpoints.restore(1, shapes(state))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError(13, "Permission denied"), UserError),
        (RuntimeError("UNAVAILABLE: 503"), RetryLater),
        (OSError(errno.ESTALE, "Stale file handle"), RetryLater),
    ],
)
def test_a_place_that_does_not_answer_is_no_damage(tmp_path, state, monkeypatch, error, kind):
    def restore(*args, **kwargs):
        raise error

    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.save_whole(1, state)
        monkeypatch.setattr(ocp.CheckpointManager, "restore", restore)
        with pytest.raises(kind) as caught:
            checkpoints.restore(1, shapes(state))
        assert not isinstance(caught.value, DamagedCheckpointError)


@pytest.mark.parametrize("method", ["save", "_finalize_checkpoint"])  # in the call, and in the background
def test_a_place_that_answers_again_after_a_while_has_the_checkpoint(tmp_path, state, monkeypatch, method):
    works, failures = getattr(ocp.CheckpointManager, method), []

    def fail_twice(*args, **kwargs):
        if len(failures) < 2:
            failures.append(args)
            raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")
        return works(*args, **kwargs)

    monkeypatch.setattr(retrying, "_PAUSE_SECONDS", 0.0)
    with Checkpoints(str(tmp_path), IDENTITY, keep=2) as checkpoints:
        checkpoints.save_whole(1, state)
        monkeypatch.setattr(ocp.CheckpointManager, method, fail_twice)
        checkpoints.save_whole(2, state)
        assert failures
        assert checkpoints.steps() == [1, 2]
        assert state_sha256(checkpoints.restore(2, shapes(state))) == state_sha256(state)


def test_the_checkpoint_of_another_run_is_refused(tmp_path, state):
    with Checkpoints(str(tmp_path), "another run") as checkpoints:
        checkpoints.save(1, state)
    with (
        Checkpoints(str(tmp_path), IDENTITY) as checkpoints,
        refused("config.checkpoint.dir", path=tmp_path / "1"),
    ):
        checkpoints.restore(1, shapes(state))


def test_a_reader_disturbs_no_save_and_creates_nothing(tmp_path, state):
    with Checkpoints(str(tmp_path / "run"), IDENTITY) as writer:
        for step in (1, 2, 3):
            writer.save(step, state)
            with Checkpoints(str(tmp_path / "run"), IDENTITY, read_only=True) as reader:
                assert set(reader.steps()) <= {1, 2, 3}
        writer.wait()
        assert writer.steps() == [3]
    with Checkpoints(str(tmp_path / "none"), IDENTITY, read_only=True) as reader:
        assert reader.steps() == []
    assert not (tmp_path / "none").exists()


def test_scores_of_another_protocol_do_not_compete(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        checkpoints.compare_under("dims 64")
        checkpoints.save(1, state)
        checkpoints.record_scores(1, {"fid": 0.1})
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        assert checkpoints.best_step() == 1
        checkpoints.compare_under("dims 768")
        assert checkpoints.best_step() is None
        for step, fid in ((2, 20.0), (3, 30.0)):
            checkpoints.save(step, state)
            checkpoints.record_scores(step, {"fid": fid})
        checkpoints.wait()
        assert checkpoints.best_step() == 2
        assert checkpoints.steps() == [2, 3]


@pytest.mark.parametrize("damaged", ["", "[1]", '{"1": 2}', '{"one": {"fid": 0.1}}'])
def test_damaged_scores_are_named(tmp_path, damaged):
    (tmp_path / "scores.json").write_text(damaged)
    with refused(path=tmp_path / "scores.json"):
        Checkpoints(str(tmp_path), IDENTITY)


def test_a_state_may_be_scored_after_a_restart(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        checkpoints.save(1, state)
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        assert checkpoints.best_step() is None
        checkpoints.record_scores(1, {"fid": 0.3})
        checkpoints.save(2, state)
        checkpoints.wait()
        assert checkpoints.steps() == [1, 2]  # the best and the newest
        checkpoints.record_scores(2, {"fid": 0.2})
        checkpoints.save(3, state)
    with Checkpoints(str(tmp_path), IDENTITY, keep=1) as checkpoints:
        assert checkpoints.steps() == [2, 3]
        assert checkpoints.best_step() == 2


@pytest.mark.parametrize(
    "error", [ValueError("RESOURCE_EXHAUSTED: Failed to write"), OSError(28, "No space left on device")]
)
def test_a_full_disk_during_a_save_is_named(tmp_path, state, monkeypatch, error):
    def fail():
        raise error

    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints, monkeypatch.context() as patch:
        patch.setattr(checkpoints._manager, "wait_until_finished", fail)
        with refused("config.checkpoint.dir", path=tmp_path):
            checkpoints.wait()


def test_a_damaged_checkpoint_is_set_aside_and_never_in_the_way_again(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY, keep=2) as checkpoints:
        for step in (1, 2):
            checkpoints.save_whole(step, state)
        assert checkpoints.set_aside(2) == "2.damaged"
        assert checkpoints.steps() == [1]
        checkpoints.save_whole(2, state)
        assert checkpoints.set_aside(2) == "2.damaged1"
        for step in (3, 4, 5):
            checkpoints.save_whole(step, state)
    with Checkpoints(str(tmp_path), IDENTITY, keep=2) as checkpoints:
        assert checkpoints.steps() == [4, 5]
        assert checkpoints.names_set_aside() == ("2.damaged", "2.damaged1")


def test_a_folder_that_is_no_checkpoint_is_none(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.save_whole(1, state)
    (tmp_path / "99").mkdir()
    with Checkpoints(str(tmp_path), IDENTITY, read_only=True) as checkpoints:
        assert (checkpoints.steps(), checkpoints.strays()) == ([1], [99])
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.set_aside(99)
        checkpoints.save_whole(2, state)  # orbax saves nothing below the highest number that it finds
        assert checkpoints.steps() == [2]


def test_what_a_kill_left_of_a_removed_checkpoint_is_removed(tmp_path, state):
    """Neither the newest nor the best would have been being removed: those are damaged."""
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.record_scores(2, {"fid": 0.3})
        checkpoints.record_scores(4, {"fid": 0.5})
        checkpoints.save_whole(4, state)
    for step in (1, 2, 3, 5):
        (tmp_path / str(step) / "default").mkdir(parents=True)
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.remove_half_removed()
        assert (checkpoints.steps(), checkpoints.strays()) == ([4], [2, 5])


def test_a_changed_digit_in_the_scores_is_noticed(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.save_whole(1, state)
        checkpoints.record_scores(1, {"fid": 0.3})
    path = tmp_path / "scores.json"
    path.write_text(path.read_text().replace("0.3", "0.2"))
    with refused(path=path):
        Checkpoints(str(tmp_path), IDENTITY)


def test_scores_of_the_first_version_are_read(tmp_path, state):
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        checkpoints.save_whole(1, state)
    (tmp_path / "scores.json").write_text(json.dumps({"1": {"fid": 0.3, "protocol": "p"}}))
    with Checkpoints(str(tmp_path), IDENTITY) as checkpoints:
        assert checkpoints.best_step() == 1
        assert checkpoints.scores(1)["fid"] == 0.3
