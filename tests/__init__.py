"""Tests; as they run, jaxtyping checks the shapes and types in the signatures of the package with this checker."""

from beartype import BeartypeConf, beartype

check_types = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int will do for a float, as for mypy
