"""Names that tell nothing, by a key that nobody else can read."""

import hashlib
import hmac
import stat

import pytest

from dcgan_jax.data.sources.pseudonyms import Pseudonyms, key_path, load_pseudonyms
from tests.refusals import refused

pytestmark = pytest.mark.usefixtures("own_cache")


def test_it_is_hmac_sha256():
    expected = hmac.new(b"k" * 32, b'["patient", "MRN-1", "HOSP"]', hashlib.sha256).hexdigest()[:16]
    assert Pseudonyms(b"k" * 32).of("patient", "MRN-1", "HOSP") == expected


def test_the_key_is_drawn_once_and_for_its_owner_alone():
    first = load_pseudonyms().of("file", "a")
    assert stat.S_IMODE(key_path().stat().st_mode) == 0o600
    key_path().chmod(0o644)
    assert load_pseudonyms().of("file", "a") == first
    assert stat.S_IMODE(key_path().stat().st_mode) == 0o600
    key_path().unlink()
    assert load_pseudonyms().of("file", "a") != first


def test_what_is_no_key_is_refused():
    load_pseudonyms()
    key_path().write_bytes(b"short")
    with refused(32, path=key_path()):
        load_pseudonyms()
