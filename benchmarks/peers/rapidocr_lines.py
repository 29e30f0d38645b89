"""RapidOCR as a process that reads pictures: a peer for `benchmarks.ocr`.

    python rapidocr_lines.py

Each line of stdin is `{"picture": PATH, "single": BOOL}`, and each line of stdout the answer,
`{"text": TEXT, "seconds": SECONDS}`. Its models are part of its package. A picture of a single
digit is recognized as it is, because looking for lines of text finds none in many of them.
"""

import json
import logging
import sys
import time
from typing import Any

from rapidocr import RapidOCR

logging.disable(logging.WARNING)
PARAMETERS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


def text_of(result: Any) -> str:
    """Return the words that were found: lines from top to bottom, words from left to right."""
    if result.txts is None:
        return ""
    if getattr(result, "boxes", None) is None:
        return " ".join(result.txts)
    lines: list[list[tuple[float, str]]] = []
    last_middle = float("-inf")
    for corners, text in sorted(
        zip(result.boxes, result.txts, strict=True), key=lambda it: it[0][:, 1].mean()
    ):
        middle, height = corners[:, 1].mean(), corners[:, 1].max() - corners[:, 1].min()
        if middle - last_middle > 0.5 * height:
            lines.append([])
        lines[-1].append((corners[:, 0].min(), text))
        last_middle = middle
    return "\n".join(" ".join(text for _, text in sorted(line)) for line in lines)


def main() -> None:
    """Answer pictures until stdin ends."""
    engine = RapidOCR(params=PARAMETERS)
    for line in sys.stdin:
        request = json.loads(line)
        ways = {"use_det": False, "use_cls": False, "use_rec": True} if request["single"] else {}
        start = time.perf_counter()
        text = text_of(engine(request["picture"], **ways))
        seconds = time.perf_counter() - start
        print(json.dumps({"text": text, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
