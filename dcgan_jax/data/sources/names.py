"""Prints which DICOM file each name in a report or manifest stands for; for this machine, where the key is.

python -m dcgan_jax.data.sources.names FOLDER
"""

import sys
from collections.abc import Sequence

from dcgan_jax.data.sources.folder import FolderSource
from dcgan_jax.errors import EXIT_USER_ERROR, UserError


def main(arguments: Sequence[str]) -> int:
    """Runs the command with the folder that `data.dir` was, and returns its exit code."""
    if len(arguments) != 1:
        print("give the folder that data.dir was: python -m dcgan_jax.data.sources.names FOLDER", file=sys.stderr)
        return EXIT_USER_ERROR
    try:
        for name, file in FolderSource(arguments[0]).list_names():
            print(f"{name}\t{file}")
    except UserError as error:
        print(error, file=sys.stderr)
        return EXIT_USER_ERROR
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
