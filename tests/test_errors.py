"""What a user is told, and what a program finds in the same error."""

import pickle
from pathlib import Path

import pytest

from dcgan_jax.cli.exits import stop_for
from dcgan_jax.errors import EXIT_INTERRUPTED, EXIT_USER_ERROR, FieldError, FileError, RetryLater, UserError
from dcgan_jax.runtime import processes

ERRORS = [
    (FieldError("config.seed", -1, "is not possible."), "config.seed=-1 is not possible.", EXIT_USER_ERROR),
    (FieldError("--workdir", "", "is empty."), "--workdir='' is empty.", EXIT_USER_ERROR),
    (FieldError("--config", None, "is missing."), "--config is missing.", EXIT_USER_ERROR),
    (FileError(Path("runs/a"), "is damaged."), "runs/a is damaged.", EXIT_USER_ERROR),
    (UserError("Nothing is known."), "Nothing is known.", EXIT_USER_ERROR),
    (RetryLater("The disk is away."), "The disk is away.", EXIT_INTERRUPTED),
]


@pytest.mark.parametrize(("error", "sentence", "code"), ERRORS)
def test_an_error_ends_the_command_with_its_sentence_and_code(error, sentence, code, monkeypatch, capsys):
    def leave(code):
        raise SystemExit(code)

    monkeypatch.setattr(processes, "exit_at_once", leave)
    with pytest.raises(SystemExit) as left:
        stop_for(error)
    assert left.value.code == code
    assert capsys.readouterr().err == f"{sentence}\n"


def test_an_error_of_another_process_says_what_it_said_there():
    field, file = (pickle.loads(pickle.dumps(error)) for error in (ERRORS[0][0], ERRORS[3][0]))
    assert (field.field, field.value, str(field)) == ("config.seed", -1, ERRORS[0][1])
    assert (file.path, str(file)) == (Path("runs/a"), ERRORS[3][1])
