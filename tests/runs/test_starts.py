"""The commands that made a workdir are kept, in their order."""

from dcgan_jax import __version__
from dcgan_jax.runs.starts import read_starts, record_start
from dcgan_jax.runs.workdir import Workdir
from tests.refusals import refused


def test_commands_are_kept_in_their_order(tmp_path):
    for mode, argument in (("train", "--config=cxr"), ("evaluate", "--config.eval.weights=\udcff.pth")):
        record_start(Workdir(tmp_path, (argument,)), mode)
    first, second = read_starts(tmp_path / "starts.jsonl")
    assert (first.mode, first.arguments, first.version) == ("train", ("--config=cxr",), __version__)
    assert second.arguments == ("--config.eval.weights=\\xff.pth",)  # a name that is not UTF-8, shown


def test_python_code_leaves_none(tmp_path):
    record_start(Workdir(tmp_path), "train")
    assert read_starts(tmp_path / "starts.jsonl") == ()


def test_a_line_that_a_crash_cut_off_is_passed_over_and_a_damaged_one_told(tmp_path):
    workdir = Workdir(tmp_path, ("--config=cxr",))
    record_start(workdir, "train")
    whole = workdir.starts.read_text()
    workdir.starts.write_text(whole + whole[:30])
    assert len(read_starts(workdir.starts)) == 1
    workdir.starts.write_text("[]\n" + whole)
    with refused(path=workdir.starts):
        read_starts(workdir.starts)
