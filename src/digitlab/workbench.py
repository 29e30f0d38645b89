"""Trainings from Python: start a run, continue it, and look at its results as values.

>>> from digitlab import Run
>>> run = Run.start("runs/mine", "fast", seed=1)  # doctest: +SKIP
>>> run.report.accuracy, run.curves.train.loss[-1]  # doctest: +SKIP
(0.9917, 0.3312)
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from digitlab.data.dataset import Dataset
from digitlab.data.load import load_dataset
from digitlab.errors import DigitlabError
from digitlab.language import Language, language_of_locale
from digitlab.named_recipes import changed, find_recipe, short_name
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder
from digitlab.records.history import Curves, Point, curves_of
from digitlab.records.page_report import PageReport
from digitlab.records.report import Report, make_report
from digitlab.records.run_record import RunRecord, load_recorded_dataset

if TYPE_CHECKING:
    from torch import nn

    from digitlab.reader import Reader
    from digitlab.runs.watching import Watcher


class Run:
    """A run in a folder, started here or by `digitlab train`.

    Nothing is printed unless `progress` is asked for. Every property reads the run's files anew, so
    it is up to date even if another process trains.

    Parameters
    ----------
    path
        The run's folder.

    Raises `DigitlabError` if there is no run in the folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._folder = RunFolder(Path(path))
        self._folder.check_holds_a_run()
        self._dataset: Dataset | None = None  # the one that was given, if it was

    @classmethod
    def start(
        cls,
        path: str | os.PathLike[str],
        recipe: str | os.PathLike[str] | Recipe = "tutorial",
        *,
        dataset: str | os.PathLike[str] | Dataset = "mnist",
        network: "str | Callable[..., nn.Module] | None" = None,
        extra: str | os.PathLike[str] | None = None,
        seed: int = 1,
        device: str = "auto",
        threads: int | None = None,
        checkpoint_steps: int = 0,
        force: bool = False,
        progress: "bool | Watcher" = False,
        tensorboard: bool = False,
        snapshots: bool = False,
        language: Language | None = None,
        **settings: Any,
    ) -> "Run":
        """Train a new network, test it, and return the finished run.

        Parameters
        ----------
        path
            The folder for everything that the run writes. Figures are drawn by `figures`.
        recipe
            A recipe's name, a TOML file's name, or a `Recipe`.
        dataset
            A name in the catalog, a folder with a subfolder of pictures per class, or a `Dataset`.
        network
            A network of your own: its class, a function that returns it, or a name like
            `my_net.py:MyNet`. Without it, the recipe's network is trained.
        extra
            A folder of pictures to learn besides the dataset: corrections, or one subfolder of
            pictures per class.
        seed, device, threads, checkpoint_steps, force, tensorboard, snapshots
            As the flags of `digitlab train`.
        progress
            True prints the same lines as `digitlab train`, or shows one live line in a notebook. A
            `digitlab.runs.watching.Watcher` of your own is called after every step.
        language
            Of what `progress` shows on a terminal or in a notebook, "en" or "zh"; default: the
            locale's.
        settings
            Fields of `Recipe` that differ from the recipe's: `epochs=2`, `batch_size=128`.

        Raises `DigitlabError` as `digitlab train` does, also for a run that is already there; and
        `Stopped` if you interrupt it, when everything has been saved: `resume` continues.
        """
        from digitlab.data.extra import load_extra
        from digitlab.runs.alone import alone
        from digitlab.runs.launch import Launch, command_of
        from digitlab.runs.run import start_run
        from digitlab.train.own_network import name_of

        base = "tutorial" if isinstance(recipe, Recipe) else os.fspath(recipe)
        name = "own" if isinstance(recipe, Recipe) else short_name(base)
        whole = changed(recipe if isinstance(recipe, Recipe) else find_recipe(base), settings)
        if network is not None:
            whole = replace(whole, network=name_of(network))
        folder = RunFolder(Path(path))
        folder.check_free(force=force)
        loaded = dataset if isinstance(dataset, Dataset) else load_dataset(os.fspath(dataset))
        own = None if extra is None else load_extra(extra, loaded)
        launch = Launch(
            recipe_name=name,
            seed=seed,
            device=device,
            threads=threads,
            checkpoint_steps=checkpoint_steps,
            force=force,
        )
        launch = replace(launch, command=command_of(folder, base, whole, loaded, launch, own))
        watcher = _watcher(
            progress, folder, tensorboard=tensorboard, snapshots=snapshots, language=language
        )
        with alone():
            start_run(folder, whole, loaded, launch, watcher, extra=own)
        run = cls(path)
        run._dataset = loaded
        return run

    def resume(
        self,
        *,
        epochs: int | None = None,
        dataset: Dataset | None = None,
        device: str | None = None,
        progress: "bool | Watcher" = False,
        language: Language | None = None,
    ) -> "Run":
        """Continue from the last checkpoint, to the same bits as if the run had never stopped.

        `epochs` are the epochs in all; without it, the run ends as it was started. A dataset that
        came from arrays must be given again in a new process. Raises as `start` does. Returns
        itself.
        """
        from digitlab.runs.alone import alone
        from digitlab.runs.run import resume_run

        words = ["resume", str(self.path)]
        with alone():
            resume_run(
                self._folder,
                dataset=dataset or self._dataset,
                epochs=epochs,
                device_name=device,
                command=words if epochs is None else [*words, f"--epochs={epochs}"],
                watcher=_watcher(
                    progress,
                    self._folder,
                    tensorboard=self._folder.tensorboard.is_dir(),
                    snapshots=self._folder.snapshots.is_dir(),
                    language=language,
                ),
            )
        return self

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._folder.path

    @property
    def record(self) -> RunRecord:
        """How the run was started, on what, with which versions: `run.json`."""
        return self._folder.read_record()

    @property
    def recipe(self) -> Recipe:
        """All settings."""
        return self.record.recipe

    @property
    def history(self) -> list[Point]:
        """The points that were recorded so far: losses, scores on held-out and on test images."""
        return self._folder.read_history()

    @property
    def curves(self) -> Curves:
        """The history as NumPy arrays."""
        return curves_of(self.history)

    @property
    def report(self) -> Report | PageReport | None:
        """The result on the test set after the last epoch; None until the run is finished."""
        return self._folder.read_report()

    @property
    def dataset(self) -> Dataset:
        """What the network is trained and tested on; loaded when it is first used."""
        if self._dataset is None:
            self._dataset = self.record.load_dataset(None)
        return self._dataset

    def network(self) -> "nn.Module":
        """Return the trained network of the last checkpoint, in evaluation mode on the CPU.

        It takes images, float32 (N, 1, 28, 28), normalized by `dataset.mean` and `dataset.std`, and
        returns log-probabilities, float32 (N, classes). A network for pages takes and returns what
        `digitlab.train.page_network.PageNetwork` does.
        """
        from digitlab.train.trained import load_trained

        return load_trained(self.path).network.eval()

    def evaluate(
        self, dataset: str | os.PathLike[str] | Dataset | None = None, *, device: str = "auto"
    ) -> Report | PageReport:
        """Test the network of the last checkpoint on the test set of a dataset; default: its own.

        Raises `DigitlabError` if the dataset has another number of classes.
        """
        from digitlab.train.trained import answer_test_set, load_trained, test_on_pages

        if dataset is None:
            dataset = self.dataset
        elif not isinstance(dataset, Dataset):
            dataset = load_recorded_dataset(os.fspath(dataset), self.record, None)
        trained = load_trained(self.path)
        if trained.recipe.reads_pages:
            return test_on_pages(trained, dataset, device_name=device, threads=None)
        answers, calibration = answer_test_set(trained, dataset, device_name=device, threads=None)
        try:
            return make_report(
                answers, dataset, model=str(self.path), epochs=trained.epochs,
                calibration=calibration,
            )  # fmt: skip
        except ValueError as error:
            raise DigitlabError(f"{self.path} cannot be tested: {error}") from error

    def export(self, folder: str | os.PathLike[str] | None = None) -> "Reader":
        """Write `model.onnx` and `model.json`; return the reader that uses them.

        They are written to `folder`, by default the run's own. Raises `DigitlabError` if the
        exported network does not give the same answers, or it finds digits on pages.
        """
        if self.recipe.reads_pages:
            raise DigitlabError(
                f"{self.path} finds digits on pages and has no model.onnx; `digitlab export "
                f"{self._folder} --out FOLDER` writes page.onnx"
            )
        from digitlab.export.onnx import export_onnx
        from digitlab.export.origin import origin_of
        from digitlab.reader import Reader
        from digitlab.train.trained import load_trained

        out = self.path if folder is None else Path(folder)
        words = ["export", str(self.path), "--out", str(out)]
        origin = origin_of(self.record, words)
        export_onnx(load_trained(self.path), self.dataset, out, origin=origin)
        return Reader(out)

    def figures(self, *, language: Language | None = None) -> list[Path]:
        """Draw every figure for which the run has the data; return the files.

        `language` is that of the words in them, "en" or "zh"; by default the locale's.
        """
        from digitlab.figures.run import draw_run
        from digitlab.records.folder import read_results

        inside, samples = None, []
        with suppress(DigitlabError):  # without this file, two of the figures are left out
            inside = self._folder.read_inside()
        with suppress(DigitlabError):  # without this one, that of the pages
            samples = self._folder.read_samples()
        results = read_results(self._folder)
        return draw_run(results, self.dataset, inside, samples, language=_known(language))

    def __repr__(self) -> str:
        """Return the folder, the recipe, and how far the run has come."""
        record, report = self.record, self.report
        state = "unfinished"
        if report is not None:
            state = f"{report.accuracy:.2%} after {report.epochs} of {record.recipe.epochs} epochs"
        return f"Run({str(self.path)!r}: {record.recipe_name}, seed {record.seed}, {state})"


def _known(language: Language | None) -> Language:
    """Return a language that was asked for, or else the locale's."""
    if language is not None and language not in get_args(Language):
        names = ", ".join(get_args(Language))
        raise DigitlabError(f"language is {language!r}, but must be one of {names}")
    return language or language_of_locale()


def _watcher(
    progress: "bool | Watcher",
    folder: RunFolder,
    *,
    tensorboard: bool,
    snapshots: bool,
    language: Language | None,
) -> "Watcher":
    shown_in = _known(language)
    from digitlab.runs.live import default_watcher, recorders
    from digitlab.runs.watching import Several, Watcher

    watchers = [progress] if isinstance(progress, Watcher) else []
    if progress is True:
        watchers.append(default_watcher(language=shown_in))
    watchers += recorders(
        folder.tensorboard if tensorboard else None, folder.snapshots if snapshots else None
    )
    return Several(watchers)
