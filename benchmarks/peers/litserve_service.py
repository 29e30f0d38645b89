"""A picture service with LitServe and PyTorch: a peer for `benchmarks.service`."""

import sys
from typing import Any

import litserve
from fastapi import Request

from benchmarks.peers.torch_answer import answer


class Digits(litserve.LitAPI):
    """Answers one picture at a time, in as many processes as there are workers."""

    def setup(self, device: str) -> None:
        """Load nothing: the network was built when it was imported."""

    async def decode_request(self, request: Request) -> bytes:
        """Return the body."""
        return await request.body()

    async def predict(self, content: bytes) -> dict[str, object]:
        """Answer a picture."""
        return answer(content)

    async def encode_response(self, output: Any) -> Any:
        """Return the answer, which becomes JSON."""
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Digits(enable_async=True), accelerator="cpu", workers_per_device=2)
    server.run(port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
