"""Generators to write cards of."""

from pathlib import Path

from dcgan_jax.cards.origin import Origin
from dcgan_jax.evaluation.record import EvaluationRecord
from dcgan_jax.settings import DataSettings, ExportSettings

RECORD = EvaluationRecord.read(Path(__file__).parents[1] / "evaluation" / "record_v0.json")
PHANTOMS, PRIVATE, PUBLISHED = DataSettings(source="phantom"), DataSettings(dir="/mri/of/someone"), DataSettings()
STATED = ExportSettings(creator="A. Nyone", url="https://example.org/set", license="cc-by-4.0", date="2026-11-28")
WILD = "a|b\n---\n*c* <script>: {{ 7*7 }} [x](y) 'q' \"r\" \U0001f600"
"""A class whose name means something to Markdown, HTML, YAML, JSON and Jinja2."""


def create_origin(data: DataSettings = PUBLISHED, labels: tuple[str, ...] = ("NORMAL",), scored: bool = True) -> Origin:
    return Origin(data, dict.fromkeys(labels, 1_341), 1_000, 5_000, RECORD if scored else None)
