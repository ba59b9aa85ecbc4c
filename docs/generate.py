"""Writes the pages of docs/ that are made from the code: `python docs/generate.py`; a test fails while one is stale."""

import importlib
import json
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # so that it runs as a script

RECORDS: dict[str, str] = {
    "balance": "dcgan_jax.balance.record:BalancePlan",
    "evaluation": "dcgan_jax.evaluation.record:EvaluationRecord",
    "evaluation_of_classes": "dcgan_jax.evaluation.record:ClassesRecord",
    "export": "dcgan_jax.sharing.record:ExportedGenerator",
    "origin": "dcgan_jax.runs.first_weights:OriginRecord",
    "plan": "dcgan_jax.trial.plan_record:Plan",
    "prepared_report": "dcgan_jax.data.report:PreparedReport",
    "quality": "benchmarks.quality_records:QualityRecord",
    "set_scores": "dcgan_jax.evaluation.set_scores:SetScores",
    "scores": "dcgan_jax.training.score_table:ScoreFile",
    "start": "dcgan_jax.runs.starts:Start",
    "study_plan": "dcgan_jax.study.plan:Plan",
    "study_report": "dcgan_jax.study.report_record:StudyReport",
    "summary": "dcgan_jax.runs.summary:Summary",
    "trial": "dcgan_jax.trial.record:TrialRecord",
}
"""Name of a schema -> "module:class" of the record that it describes."""


def create_pages() -> dict[str, str]:
    """Returns the content of each generated page by its path in docs/."""
    schemas = {f"schemas/{name}.json": create_schema(record) for name, record in RECORDS.items()}
    return {"fields.md": create_fields(), **schemas}


def create_fields() -> str:
    """Returns the table of all fields of a configuration."""
    return importlib.import_module("dcgan_jax.settings.reference").format_page()


def create_schema(record: str) -> str:
    """Returns the JSON Schema of a record, given as "module:class"."""
    module, name = record.split(":")
    schema = getattr(importlib.import_module(module), name).model_json_schema(mode="serialization")
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}, indent=1) + "\n"


if __name__ == "__main__":
    for place, content in create_pages().items():
        path = DOCS / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
