"""A second Python, one that has torch, that computes something of ours in torch and tells how long that took."""

import subprocess
from collections.abc import Callable
from pathlib import Path


def start_torch(python: str, script: str, *arguments: object) -> Callable[[], tuple[float, float]]:
    """Starts a script of this folder that computes once for every line on its standard input.

    Args:
      python: with torch.
      script: its name; prints the seconds after each line, by the wall and of the processor.
      *arguments: for the script.

    Returns:
      A function that has it compute once, and returns those seconds.
    """
    command = [python, str(Path(__file__).with_name(script)), *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    lines, answers = process.stdin, process.stdout

    def run() -> tuple[float, float]:
        lines.write("\n")
        lines.flush()
        wall, processor = map(float, answers.readline().split())
        return wall, processor

    return run
