"""Names in pages."""

from dcgan_jax.storage.markdown import escape


def test_a_name_is_nothing_but_text():
    assert escape("<b>|*x*\n[a](b)") == "&#60;b&#62;&#124;&#42;x&#42;&#10;&#91;a&#93;(b)"
    assert escape("NORMAL 2-3 äö") == "NORMAL 2-3 äö"
    assert escape("_a_b __c__") == "&#95;a_b &#95;&#95;c&#95;&#95;"
