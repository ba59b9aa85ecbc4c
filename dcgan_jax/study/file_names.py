"""What the files of a study's report are called; here, so that a reader of reports imports no statistics."""

from dcgan_jax.runs.figures import HOLDS_REAL

REPORT, REPORT_TEXT, FIGURES = "report.json", "report.md", "figures"
ROC, FOREST, CONFIDENCE = "roc.png", "readers.png", "confidence.png"
FOOLED = f"fooled_{HOLDS_REAL}.png"
