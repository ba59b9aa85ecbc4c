"""A reader's browser, as far as the tests of the server need one."""

from dcgan_jax.study.opened import OpenedStudy
from tests.study.studies import token_of

NASTY = (
    "' OR 1=1; DROP TABLE answers; --",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "../../key.json",
    "\x00",
    "🩻" * 50,
)


def begin(client):
    """Goes through the pages of text to the first image."""
    for _ in range(2):
        page = client.get("/study").text
        item = page.partition('name="item" value="')[2].partition('"')[0]
        fields = {"form_token": token_of(page), "item": item, "agreed": "yes"}
        assert client.post("/steps", data=fields).status_code == 303
    return client.get("/current").json()


def judge(item, **changes):
    return {"item": item, "choice": "real", "confidence": 3, "milliseconds": 1200, **changes}


def count_answers(folder):
    opened = OpenedStudy.open(folder)
    count = len(opened.store.read())
    opened.close()
    return count
