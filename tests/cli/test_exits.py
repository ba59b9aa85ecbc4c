"""What an error becomes: a sentence that is true in every mode, and an exit code."""

import errno

import pytest

from dcgan_jax.cli import exits
from dcgan_jax.errors import EXIT_USER_ERROR
from dcgan_jax.runtime import processes


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_cannot_be_written_is_named_with_a_remedy_that_holds_in_every_mode(number, monkeypatch, capsys):
    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr(processes, "exit_at_once", leave)
    with pytest.raises(SystemExit) as left:
        exits.stop_for(OSError(number, "reason", "/data/grid.png"))
    assert left.value.code == EXIT_USER_ERROR
    printed = capsys.readouterr().err
    assert printed.startswith("/data/grid.png cannot be used (reason): make room")
    assert "run the same command again" in printed
    assert "checkpoint" not in printed  # of which most modes have none
