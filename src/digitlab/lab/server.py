"""The lab's server: the service of `digitlab serve`, with what the page needs besides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from digitlab.errors import DigitlabError
from digitlab.lab.events import Place, follow
from digitlab.lab.images import LoadedOnce, images_of
from digitlab.lab.mistakes import mistakes_of
from digitlab.lab.page_files import PageFiles
from digitlab.lab.runs import NewRun, NoSuchRunError, Runs
from digitlab.lab.settings import settings, why_no_training
from digitlab.lab.trainings import BusyError

_SPRITE = "/lab/images.png"
_EVENT_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
