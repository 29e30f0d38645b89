"""Measure how fast pictures are read: whole processes, batches, folders, photographs.

    python -m benchmarks.reading_speed [--model FOLDER] [--runs 7]

`digitlab predict` as a whole process is compared with a script that does the same with PyTorch
(`peers/torch_predict.py`: the same network, the same preprocessing), run alternately. The table has
the median with the least and the greatest value of the runs, and the goal.
"""

import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

# NumPy, Pillow and digitlab's reader are imported in a child process only: this process measures
# the memory of others and must stay small (see `benchmarks.measure`).
from benchmarks.measure import (
    Cost,
    Count,
    measure,
    print_environment,
    print_table,
    run_program,
    seconds_of,
    spread,
)

HERE = Path(__file__).parent
SHIPPED = HERE.parent / "src" / "digitlab" / "pretrained"
DIGITLAB = [sys.executable, "-m", "digitlab"]
HELP_RUNS = 40
FEW, MANY = 1_000, 10_000  # pictures in the folders
DRAWINGS = 100  # different drawings in a folder of many
JOBS = 2

Row = dict[str, str]


def row(what: str, figure: str, goal: str = "") -> Row:
    """Return one row of the table."""
    return {"what": what, "median (least-most)": figure, "goal": goal}


# --- whole processes -------------------------------------------------------------------------


def help_text(scratch: Path) -> Row:
    """Time `digitlab --help`. The minimum is what an idle machine needs."""
    costs = [measure([*DIGITLAB, "--help"], scratch / "help.txt") for _ in range(HELP_RUNS)]
    seconds = spread([cost.wall_seconds for cost in costs], "s", 3)
    return row(f"`digitlab --help`, {HELP_RUNS} runs", seconds, "least < 0.25 s")


def one_picture(model: str, scratch: Path, runs: int) -> Iterator[Row]:
    """Time `digitlab predict` and the PyTorch script on one picture, alternately."""
    picture, log = str(scratch / "one.png"), scratch / "answer.txt"
    ours, theirs = [], []
    for _ in range(runs + 1):
        ours.append(measure([*DIGITLAB, "predict", "--model", model, picture], log))
        script = str(HERE / "peers" / "torch_predict.py")
        theirs.append(measure([sys.executable, script, model, picture], log))
    ours, theirs = ours[1:], theirs[1:]  # the first of each fills the disk cache
    yield row("`digitlab predict one.png`", time_and_memory(ours), "<= 0.5 s, better 0.35 s")
    yield row("the same with PyTorch", time_and_memory(theirs), "about 2 s")
    ratios = [b.wall_seconds / a.wall_seconds for a, b in zip(ours, theirs, strict=True)]
    yield row("PyTorch's time / ours, pair by pair", spread(ratios, "", 1))
    read = [*DIGITLAB, "read", "--model", model, str(scratch / "page.png")]
    costs = [measure(read, log) for _ in range(runs + 1)][1:]
    yield row("`digitlab read page.png`, 840x280", time_and_memory(costs), "<= 0.6 s")


def folders(model: str, scratch: Path) -> Iterator[Row]:
    """Time a folder of PNG files, and compare the peak memory of a large and a small folder."""
    predict = [*DIGITLAB, "predict", "--json", "--model", model]
    costs = {
        count: [measure([*predict, str(scratch / f"{count}")], scratch / "log") for _ in range(3)]
        for count in (FEW, MANY)
    }
    rates = [MANY / cost.wall_seconds for cost in costs[MANY]]
    yield row(f"a folder of {MANY:,} PNG files", spread(rates, "/s", 0), ">= 2,000 /s")
    memory = f"{memory_of(costs[MANY])}; {FEW:,} files: {memory_of(costs[FEW])}"
    yield row("its peak memory", memory, "does not grow with the folder")
    command = [*predict, "--jobs", str(JOBS), str(scratch / "drawings")]
    costs = {MANY: [measure(command, scratch / "log") for _ in range(3)]}
    rates = [MANY / cost.wall_seconds for cost in costs[MANY]]
    what = f"a folder of {MANY:,} drawings of 280x280 (RGBA), `--jobs {JOBS}`"
    yield row(what, spread(rates, "/s", 0), ">= 2,000 /s")


def photograph(model: str, scratch: Path) -> Row:
    """Time `digitlab read` on a photograph."""
    words = [*DIGITLAB, "read", "--model", model, str(scratch / "number.jpg")]
    costs = [measure(words, scratch / "log") for _ in range(3)]
    return row("`digitlab read` of a 12-megapixel JPEG", time_and_memory(costs))


def time_and_memory(costs: list[Cost]) -> str:
    """Return the spread of the wall seconds and the median of the peak memory."""
    return f"{spread([cost.wall_seconds for cost in costs], 's')}; {memory_of(costs)}"


def memory_of(costs: list[Cost]) -> str:
    """Return the median of the peak memory."""
    return f"{statistics.median(cost.peak_mib for cost in costs):.0f} MiB"


# --- in a child process ----------------------------------------------------------------------


def in_child(function: Callable[..., Any], *arguments: object) -> Any:
    """Call a function in a new process and return its result."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def save_pictures(folder: Path) -> None:
    """Save single pictures, photographs, and folders of MNIST's test images and of drawings."""
    import numpy as np
    from PIL import Image

    from digitlab.data.load import load_dataset

    images = load_dataset().test_images
    Image.fromarray(255 - images[0]).resize((112, 112)).save(folder / "one.png")
    for count in (FEW, MANY):
        (folder / f"{count}").mkdir()
        for index, image in enumerate(images[:count]):
            Image.fromarray(image).save(folder / f"{count}" / f"{index:05d}.png")
    drawn = [drawing(seed) for seed in range(DRAWINGS)]
    Image.fromarray(np.hstack(drawn[1:4])).save(folder / "page.png")
    (folder / "drawings").mkdir()
    for index in range(MANY):
        (folder / "drawings" / f"{index:05d}.png").write_bytes(png(drawn[index % DRAWINGS], "RGBA"))
    save_photograph(folder / "number.jpg", digits=3)
    save_photograph(folder / "digit.jpg", digits=1)


def save_photograph(path: Path, *, digits: int) -> None:
    """Save a JPEG of 4000 x 3000: sevens written with a thick pen on unevenly lit paper."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter

    width, height = 4000, 3000
    across = np.linspace(150, 235, width)[None, :]
    down = np.linspace(0, -40, height)[:, None]
    noise = np.random.default_rng(1).normal(0, 4, (height, width))
    paper = np.clip(across + down + noise, 0, 255).astype(np.uint8)
    ink = Image.new("L", (width, height), 0)
    draw = ImageDraw.Draw(ink)
    for index in range(digits):
        x, y = 900 + 800 * index, 900
        draw.line([(x, y), (x + 450, y), (x + 150, y + 1000)], fill=255, width=70, joint="curve")
    dark = Image.new("L", (width, height), 40)
    picture = Image.composite(dark, Image.fromarray(paper), ink.filter(ImageFilter.GaussianBlur(4)))
    picture.convert("RGB").save(path, "JPEG", quality=90)


def drawing(seed: int) -> Any:
    """Return a drawn digit, `seed` % 10, as uint8, 280 x 280: black on white, with soft edges."""
    import numpy as np

    from testsets.pens import on_paper, pen, to_array
    from testsets.strokes import DIGITS, written

    random = np.random.default_rng(seed)
    side = int(random.integers(140, 221))
    ink = pen(
        written(DIGITS[seed % 10][0], random), random,
        pen_width=random.uniform(0.06, 0.12), digit_side=side, margins=(0, 0, 0, 0),
    )  # fmt: skip
    top, left = (int(random.integers(10, 271 - length)) for length in ink.shape)
    paper = np.zeros((280, 280))
    paper[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return to_array(on_paper(paper, 255, 0))


def png(gray: Any, mode: str) -> bytes:
    """Return a picture as a PNG file of a mode."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(gray).convert(mode).save(file, "PNG")
    return file.getvalue()


def rows_of_one_process(folder: Path, model: str, runs: int) -> list[Row]:
    """Time the reader inside one process: many images, one image, a photograph."""
    import numpy as np

    import digitlab
    from digitlab.data.load import load_dataset
    from digitlab.pictures.digit import prepare

    reader = digitlab.load(model)
    classify = reader.classifier.classify
    images = load_dataset().test_images
    times = 500

    def rate(function: Callable[..., object]) -> str:
        seconds = seconds_of(lambda: function(images), runs)
        return spread([len(images) / each for each in seconds], "/s", 0)

    def milliseconds(function: Callable[..., object], image: object) -> str:
        seconds = seconds_of(lambda: [function(image) for _ in range(times)], runs)
        return spread([each / times * 1e3 for each in seconds], "ms", 3)

    def seconds(function: Callable[..., object], name: str) -> str:
        return spread(seconds_of(lambda: function(folder / name), runs), "s")

    number = "a 12-megapixel JPEG of a number, `reader.read`"
    digit = "a 12-megapixel JPEG of one digit, `reader.predict`"
    drawn, moved = drawing(3), np.roll(images[0], 2, axis=1)
    prepared = {
        "preparing a drawing of 280x280, as a browser saves it (RGBA)": (png(drawn, "RGBA"), 1),
        "the same in gray": (png(drawn, "L"), 1),
        "the same, decoded": (drawn, 1),
        "preparing 28x28 pixels that are not placed as MNIST's": (moved, 0.25),
    }
    return [
        row("MNIST images per second, network only", rate(classify), ">= 50,000 /s"),
        row(
            "MNIST images per second, `predict_many`",
            rate(reader.predict_many),
            ">= 50,000 /s",
        ),
        row("one image, network only", milliseconds(classify, images[:1]), "<= 0.1 ms"),
        row("one image, `reader.predict`", milliseconds(reader.predict, images[0]), "<= 0.1 ms"),
        *[
            row(name, milliseconds(prepare, it), f"<= {goal} ms")
            for name, (it, goal) in prepared.items()
        ],
        row(digit, seconds(reader.predict, "digit.jpg"), "< 1 s"),
        row(number, seconds(reader.read, "number.jpg"), "< 1 s"),
    ]


def rows(model: str, runs: int, scratch: Path) -> Iterator[Row]:
    """Yield the table's rows, one after another as they are measured."""
    in_child(save_pictures, scratch)
    yield help_text(scratch)
    yield from one_picture(model, scratch, runs)
    yield from folders(model, scratch)
    yield photograph(model, scratch)
    yield from in_child(rows_of_one_process, scratch, model, runs)


def measure_reading(*, model: Path = SHIPPED, runs: Count = 7) -> None:
    """Measure, and print the table.

    Parameters
    ----------
    model
        The folder of a model.
    runs
        Of each figure, except folders and the photograph as a whole process (3).
    """
    print_environment("onnxruntime", "numpy", "pillow", "torch", model=model, runs=runs)
    with tempfile.TemporaryDirectory(prefix="digitlab-reading-") as folder:
        print_table(rows(str(model), runs, Path(folder)))


if __name__ == "__main__":
    run_program(measure_reading, __doc__)
