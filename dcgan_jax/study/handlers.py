"""The pages of the study: who may see what, and what becomes of an answer."""

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from dcgan_jax.study.answers import check_answer, list_choices
from dcgan_jax.study.codes import ORGANIZER, name_reader
from dcgan_jax.study.opened import OpenedStudy
from dcgan_jax.study.pages import STATIC, render, render_markdown
from dcgan_jax.study.signing_in import SignIn, read_form
from dcgan_jax.study.store import Place


class Handlers:
    """What is answered to whom in an open study."""

    def __init__(self, study: OpenedStudy, doors: SignIn):
        self._study, self._doors = study, doors
        texts = {"consent": study.consent, "instructions": study.instructions}
        self._texts = {kind: render_markdown(text) for kind, text in texts.items()}

    async def study_page(self, request: Request) -> Response:
        """Shows what comes next for whoever asks."""
        reader = await self._doors.who(request)
        if reader is None:
            return RedirectResponse("/", 303)
        if reader == ORGANIZER:
            return RedirectResponse("/progress", 303)
        step = (await run_in_threadpool(self._study.store.place, reader)).step
        values: dict[str, Any] = {"form_token": self._doors.form_token(request)}
        if step is None:
            return render("thanks", values)
        if step.kind in ("naive", "image"):
            plan = self._study.plan
            is_pairs = plan.design == "pairs" and step.kind == "image"
            values |= {"is_naive": step.kind == "naive", "is_pairs": is_pairs, "question": plan.question}
            return render("read", values)
        values["item"] = step.item
        if step.kind == "remark":
            return render("remark", values)
        return render("text", {**values, "kind": step.kind, "text": self._texts[step.kind]})

    async def take_step(self, request: Request) -> Response:
        """Takes the answer to a page of text, or to what was noticed."""
        reader = await self._doors.require_reader(request)
        form = await read_form(request)
        self._doors.check_form_token(request, form.get("form_token", ""))
        step = self._study.store.find(reader, form.get("item", ""))
        if step is None or step.kind in ("naive", "image"):
            raise HTTPException(404)
        if step.kind == "consent" and form.get("agreed") != "yes":
            raise HTTPException(422, "Please agree first, or close this window.")
        remark = {"noticed": form.get("noticed") == "yes", "text": form.get("text", "")}
        await self._add(reader, step.item, remark if step.kind == "remark" else {})
        return RedirectResponse("/study", 303)

    async def current(self, request: Request) -> Response:
        """Describes the image that is to be read."""
        reader = await self._doors.require_reader(request)
        return JSONResponse(self._describe(await run_in_threadpool(self._study.store.place, reader)))

    async def answer(self, request: Request) -> Response:
        """Takes the answer to an image and describes the next one."""
        reader = await self._doors.require_reader(request)
        self._doors.check_form_token(request, request.headers.get("x-form-token", ""))
        try:
            values = json.loads(await request.body())
            item = values.pop("item")
        except (ValueError, RecursionError, AttributeError, KeyError, TypeError):
            raise HTTPException(422, "This is no answer.") from None
        outcome = await self._add(reader, item if isinstance(item, str) else "", values)
        place = await run_in_threadpool(self._study.store.place, reader)
        return JSONResponse({**self._describe(place), "outcome": outcome})

    async def _add(self, reader: int, item: str, values: Any) -> str:
        step = self._study.store.find(reader, item)
        if step is None:
            raise HTTPException(404)
        try:
            answer = check_answer(self._study.plan, step, values)
        except ValueError:
            raise HTTPException(422, "This is no answer to what was asked.") from None
        outcome = await run_in_threadpool(self._study.store.add, reader, item, answer)
        if outcome == "not yet":
            raise HTTPException(409, "This has not been asked yet.")
        return outcome

    async def image(self, request: Request) -> Response:
        """Returns the pixels of the image that is to be read, and of no other."""
        reader = await self._doors.require_reader(request)
        step = (await run_in_threadpool(self._study.store.place, reader)).step
        index = request.path_params["index"]
        if step is None or step.item != request.path_params["item"] or not index < len(step.images):
            raise HTTPException(404)
        return Response(self._study.image(step.images[index]), media_type="application/octet-stream")

    async def progress(self, request: Request) -> Response:
        """Shows the organizer how far each reader is."""
        if await self._doors.require(request) != ORGANIZER:
            raise HTTPException(404)
        rows = [
            (name_reader(each.reader), each.answered, each.steps, (each.last or "")[:16].replace("T", " "))
            for each in await run_in_threadpool(self._study.store.progress)
        ]
        return render("progress", {"form_token": self._doors.form_token(request), "rows": rows})

    async def static(self, request: Request) -> Response:
        """Returns what pages load."""
        if request.path_params["name"] not in STATIC:
            raise HTTPException(404)
        content, media_type = STATIC[request.path_params["name"]]
        return Response(content, media_type=media_type)

    def _describe(self, place: Place) -> dict[str, Any]:
        """Returns what the page needs to show a step: nothing that tells one image from another."""
        if place.step is None or place.step.kind not in ("naive", "image"):
            return {"item": None}
        return {
            "item": place.step.item,
            "kind": place.step.kind,
            "number": place.number,
            "of": place.of,
            "size": self._study.plan.image_size,
            "images": [f"/images/{place.step.item}/{index}" for index in range(len(place.step.images))],
            "choices": list_choices(self._study.plan) if place.step.kind == "image" else [],
        }
