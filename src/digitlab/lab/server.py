"""The lab's server: the service of `digitlab serve`, and what the page needs besides."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from digitlab.errors import DigitlabError
from digitlab.lab.events import Place, follow
from digitlab.lab.guide import GUIDE, routes_of
from digitlab.lab.hand import Hand, NewCorrection
from digitlab.lab.images import LoadedOnce, images_of
from digitlab.lab.mistakes import mistakes_of
from digitlab.lab.networks import Networks
from digitlab.lab.page_files import PAGE, PAGE_PATHS, PageFiles
from digitlab.lab.reading import read_page
from digitlab.lab.replies import FRESH, answer, body_of, check_own_page, reply
from digitlab.lab.runs import RESERVED, NewRun, Runs
from digitlab.lab.settings import settings, why_no_training
from digitlab.lab.trainings import Trainings
from digitlab.models.card import is_model
from digitlab.records.folder import RunFolder
from digitlab.serve.app import build_app
from digitlab.serve.replies import ServiceError, json_reply
from digitlab.serve.settings import Settings

EXAMPLE = Path(__file__).parent / "example"
"""A run of the tutorial's recipe that comes with the package."""

_SPRITE = "/lab/images.png"


@dataclass(kw_only=True)
class Lab:
    """What the page works with."""

    runs: Runs
    networks: Networks
    hand: Hand
    images: LoadedOnce = field(default_factory=LoadedOnce)
    page: Path = PAGE
    guide: Path = GUIDE

    def routes(self) -> list[BaseRoute]:
        """Return the paths that `digitlab lab` adds to the service's."""
        run = "/lab/runs/{name:path}"  # `digitlab repeat` makes runs named `folder/seed-1`
        return [
            Route("/lab/networks", self._list_networks),
            Route("/lab/networks/{name:path}", self._show_network),
            Route("/lab/images", self._list_images),
            Route(_SPRITE, self._show_images),
            Route("/lab/read", read_page, methods=["POST"]),
            Route("/lab/settings", self._show_settings),
            Route("/lab/runs", self._list_runs, methods=["GET"]),
            Route("/lab/runs", self._start_run, methods=["POST"]),
            Route(f"{run}/events", self._follow_run),
            Route(f"{run}/mistakes", self._show_mistakes),
            Route(f"{run}/pause", self._pause_run, methods=["POST"]),
            Route(f"{run}/resume", self._resume_run, methods=["POST"]),
            Route(run, self._show_run),
            Route("/lab/corrections.zip", self._pack_corrections),
            Route("/lab/corrections/{id}.png", self._show_correction),
            Route("/lab/corrections/{id}", self._delete_correction, methods=["DELETE"]),
            Route("/lab/corrections", self._list_corrections, methods=["GET"]),
            Route("/lab/corrections", self._add_correction, methods=["POST"]),
            Route("/lab/corrections", self._delete_corrections, methods=["DELETE"]),
            *routes_of(self.guide),
            *(Route(path, PageFiles(self.page), methods=["GET"]) for path in PAGE_PATHS),
        ]

    @contextlib.asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """Load MNIST while the page is opened; at the end, let a training save and stop."""
        threading.Thread(target=self._load_images, daemon=True).start()
        try:
            yield
        finally:
            await run_in_threadpool(self.runs.trainings.stop_all)

    def _load_images(self) -> None:
        with contextlib.suppress(DigitlabError):  # reported to whoever asks for the images
            self.images.sprite()

    async def _list_networks(self, _request: Request) -> Response:
        return await reply(self.networks.offered)

    async def _show_network(self, request: Request) -> Response:
        name, step = request.path_params["name"], request.query_params.get("step")
        if step is not None and not (step.isascii() and step.isdigit() and len(step) < 13):
            raise ServiceError(422, f"step is {step[:20]!r}, but must be a whole number from 0")
        return await reply(lambda: self.networks.bundle(name, None if step is None else int(step)))

    async def _list_images(self, _request: Request) -> Response:
        return await reply(lambda: images_of(self.images.dataset(), _SPRITE), status=503)

    async def _show_images(self, _request: Request) -> Response:
        png = await answer(self.images.sprite, status=503)
        return Response(png, media_type="image/png", headers={"Cache-Control": "max-age=3600"})

    async def _show_settings(self, _request: Request) -> Response:
        return await reply(settings)

    async def _list_runs(self, _request: Request) -> Response:
        return await reply(self.runs.summaries)

    async def _show_run(self, request: Request) -> Response:
        return await reply(lambda: self.runs.details(request.path_params["name"]))

    async def _start_run(self, request: Request) -> Response:
        check_own_page(request)
        new = await body_of(request, NewRun)
        _check_can_train()
        return await reply(lambda: self.runs.start(new), done=201)

    async def _pause_run(self, request: Request) -> Response:
        check_own_page(request)
        return await reply(lambda: self.runs.pause(request.path_params["name"]))

    async def _resume_run(self, request: Request) -> Response:
        check_own_page(request)
        _check_can_train()
        return await reply(lambda: self.runs.resume(request.path_params["name"]))

    async def _show_mistakes(self, request: Request) -> Response:
        return await reply(lambda: mistakes_of(self.runs.run(request.path_params["name"])))

    async def _follow_run(self, request: Request) -> Response:
        name = request.path_params["name"]
        last = request.headers.get("last-event-id") or request.query_params.get("after")
        await answer(lambda: self.runs.run(name))  # 404 before the stream begins
        closing: asyncio.Event = request.app.state.closing

        async def wait(seconds: float) -> bool:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(closing.wait(), seconds)
            return closing.is_set()

        return StreamingResponse(
            follow(self.runs, name, Place.of(last), wait),
            media_type="text/event-stream",
            headers=FRESH,
        )

    async def _list_corrections(self, _request: Request) -> Response:
        return await reply(self.hand.list)

    async def _add_correction(self, request: Request) -> Response:
        check_own_page(request)
        new = await body_of(request, NewCorrection)
        return await reply(lambda: self.hand.add(new), done=201)

    async def _show_correction(self, request: Request) -> Response:
        png = await answer(lambda: self.hand.stored.picture(request.path_params["id"]))
        return Response(png, media_type="image/png", headers=FRESH)

    async def _delete_correction(self, request: Request) -> Response:
        check_own_page(request)
        await answer(lambda: self.hand.stored.delete(request.path_params["id"]))
        return json_reply({"deleted": 1})

    async def _delete_corrections(self, request: Request) -> Response:
        check_own_page(request)
        return json_reply({"deleted": await answer(self.hand.stored.delete_all)})

    async def _pack_corrections(self, _request: Request) -> Response:
        content = await answer(self.hand.stored.to_zip)
        name = {"Content-Disposition": 'attachment; filename="corrections.zip"'}
        return Response(content, media_type="application/zip", headers=FRESH | name)


def build_lab(lab: Lab, service: Settings) -> Starlette:
    """Return the service's app with the lab's paths, for its own page alone."""
    return build_app(replace(service, origins=None), routes=lab.routes(), lifespan=lab.lifespan)


def new_lab(*, model: Path | None, runs: Path, corrections: Path) -> Lab:
    """Return a lab on these folders, which need not exist yet.

    `model` is the folder of an exported model or of a run, which the page shows first. Raises
    `DigitlabError` if it is neither, or the page cannot compute its network.
    """
    others, first, outside = {"example": EXAMPLE}, "example", model
    if model is not None:
        first = "model"
        if RunFolder(model).holds_a_run():
            path = model.resolve()
            if path.parent == runs.resolve() and path.name not in RESERVED:
                first, outside = path.name, None
            else:
                others["model"] = model.absolute()
        elif not is_model(model):
            raise DigitlabError(f"{model} contains neither an exported model nor a run")
    folder = Runs(runs.absolute(), corrections.absolute(), Trainings(), others)
    networks = Networks(folder, first, outside)
    if model is not None:
        networks.bundle(first)  # a model that cannot be shown is reported now
    return Lab(runs=folder, networks=networks, hand=Hand(folder.corrections, networks))


def _check_can_train() -> None:
    if why := why_no_training():
        raise ServiceError(501, why.en)
