"""A picture service as many write it, with FastAPI and PyTorch: a peer for `benchmarks.service`."""

import sys

import uvicorn
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool

from benchmarks.peers.torch_answer import answer

app = FastAPI()


@app.post("/predict")
async def predict(request: Request) -> dict[str, object]:
    """Answer a picture, in FastAPI's thread pool."""
    return await run_in_threadpool(answer, await request.body())


if __name__ == "__main__":
    uvicorn.run("benchmarks.peers.fastapi_service:app", port=int(sys.argv[1]), workers=2,
                log_level="warning", access_log=False)  # fmt: skip
