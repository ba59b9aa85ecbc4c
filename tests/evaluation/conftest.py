import numpy as np
import pytest
from tests.evaluation.torch_writer import write_old
from tests.models.inception_reference import create_state

from dcgan_jax.inception.weights import expected_shapes


@pytest.fixture(scope="session")
def weights_file(tmp_path_factory):
    """Random weights in pytorch-fid's format, without a classifier."""
    state = create_state(expected_shapes())
    state["fc.weight"] = np.zeros_like(state["fc.weight"])
    return write_old(tmp_path_factory.mktemp("weights") / "random.pth", state)
