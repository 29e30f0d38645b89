"""`digitlab plot`: draw a run's figures, or compare several. PyTorch is not needed."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from digitlab.cli.finish import draw_figures, print_figures
from digitlab.cli.help import chinese_help, help_text
from digitlab.cli.parameters import (
    Lang,
    RecordedDataDir,
    RunPaths,
    whole_number,
)
from digitlab.errors import DigitlabError
from digitlab.language import Language, language_of_locale
from digitlab.records.folder import RunResults, read_results

_COMPARISON = Path("comparison.png")


@chinese_help("重新画一次训练的各张图，或把多次训练的损失曲线画在一张图里。")
def plot(
    runs: RunPaths,
    /,
    *,
    epochs: Annotated[
        int | None,
        Parameter(
            converter=whole_number,
            help=help_text(
                "Draw only the loss curve as it was after this many epochs, as loss-N-epochs.png; "
                "for one run.",
                "只画训练到这么多轮时的损失曲线，保存为 loss-N-epochs.png；只用于一次训练。",
            ),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        Parameter(
            help=help_text(
                f"The figure of several runs; default: {_COMPARISON} in this folder.",
                f"多次训练合在一起的图；默认：当前文件夹里的 {_COMPARISON}。",
            )
        ),
    ] = None,
    data_dir: RecordedDataDir = None,
    lang: Lang = None,
) -> None:
    """Draw a run's figures again, or the loss curves of several runs in one figure."""
    from digitlab.records.describe import find_runs

    drawn_in = lang or language_of_locale()
    results = [read_results(folder) for folder in find_runs(runs)]
    if len(results) > 1:
        if epochs is not None:
            raise DigitlabError(
                f"--epochs is for one run, but there are {len(results)}; leave it out, or name one"
            )
        print_figures([_draw_together(results, out or _COMPARISON, drawn_in)], lang)
        return
    if out is not None:
        raise DigitlabError(
            "--out is for several runs; the figures of one run are written to its own folder"
        )
    (run,) = results
    if epochs is None:
        draw_figures(run, run.record.load_dataset(data_dir), lang)
        return

    from digitlab.figures.run import draw_loss_until  # here: matplotlib takes 0.3 s

    # The run's report has the names of the classes, too, and needs no dataset.
    known = run.report or run.record.load_dataset(data_dir)
    classes = len(known.classes)
    print_figures([draw_loss_until(run, epochs, classes=classes, language=drawn_in)], lang)


def _draw_together(runs: list[RunResults], out: Path, language: Language) -> Path:
    from digitlab.figures.comparison import draw_comparison  # here: matplotlib takes 0.3 s
    from digitlab.records.compare import compare_runs

    return draw_comparison(runs, compare_runs(runs), out, language=language)
