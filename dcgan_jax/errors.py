"""What ends a command in good order, and with which exit code."""

from os import PathLike


class UserError(Exception):
    """A mistake of the user: one sentence that names the field or file, the value and the remedy.

    Commands print the sentence and exit with `EXIT_USER_ERROR`, without a traceback. Anything else that
    reaches the top is a defect of ours and keeps its traceback.
    """


class FieldError(UserError, ValueError):
    """A field, flag or argument that cannot have the value it has.

    >>> print(FieldError("config.seed", -1, "is not possible: give 0 or more."))
    config.seed=-1 is not possible: give 0 or more.

    Attributes:
      field: its name as a user gives it ("config.train.batch_size", "--workdir", "dims").
      value: what it has; None where the sentence is not about its value.
    """

    def __init__(self, field: str, value: object, message: str):
        super().__init__(field, value, message)  # so that it can be pickled
        self.field, self.value, self.message = field, value, message

    def __str__(self) -> str:
        return f"{self.field}{'' if self.value is None else f'={str(self.value) or repr(self.value)}'} {self.message}"


class FileError(UserError):
    """A file or folder that cannot be used.

    >>> print(FileError("runs/cxr/summary.json", "is damaged: restore it."))
    runs/cxr/summary.json is damaged: restore it.

    Attributes:
      path: where it is.
    """

    def __init__(self, path: str | PathLike[str], message: str):
        super().__init__(path, message)
        self.path, self.message = path, message

    def __str__(self) -> str:
        return f"{self.path} {self.message}"


class RetryLater(Exception):
    """What may pass by itself: one sentence; commands print it and exit with `EXIT_INTERRUPTED`."""


EXIT_DEFECT = 1
"""Exit code of a defect of ours, after its traceback."""

EXIT_USER_ERROR = 2
"""Exit code of a user's mistake: running the same command again cannot help."""

EXIT_INTERRUPTED = 75
"""Exit code of a run that was stopped and can go on (EX_TEMPFAIL): run the same command again."""
