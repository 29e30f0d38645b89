"""How a run is started."""

from dataclasses import dataclass, field

from digitlab.data.catalog import CATALOG
from digitlab.data.dataset import Dataset
from digitlab.data.extra import Extra
from digitlab.named_recipes import differences, find_recipe
from digitlab.recipe import Recipe
from digitlab.records.folder import RunFolder


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a run is started: everything except what is trained (recipe) and on what (dataset)."""

    recipe_name: str = "recipe"
    """The recipe that was named, for the record."""
    seed: int = 1
    """0 or more; see `Training`."""
    device: str = "auto"
    threads: int | None = None
    """See `set_up_device`."""
    checkpoint_steps: int = 0
    """Save a checkpoint every so many steps as well as after each epoch; 0 for epochs only."""
    force: bool = False
    """Overwrite the run that the folder holds, if there is one."""
    jobs: int = 1
    """How many trainings run at the same time on this machine, for the record."""
    continues: bool = False
    """Continue the run in the folder if it has the same settings, unless `force` is set."""
    joins: bool = False
    """Train together with the other processes, if torchrun started several."""
    command: list[str] = field(default_factory=list)
    """The words after `digitlab`, for the record."""


def command_of(
    folder: RunFolder,
    name: str,
    recipe: Recipe,
    dataset: Dataset,
    launch: Launch,
    extra: Extra | None = None,
) -> list[str]:
    """Return the words of the digitlab command that starts or continues a run."""
    shared = ["--no-figures"]
    if dataset.data_dir is not None:
        shared.append(f"--data-dir={dataset.data_dir}")
    if folder.holds_a_run() and not launch.force:
        return ["resume", str(folder.path), *shared]
    words = [
        *("train", "--recipe", name, *flags_of(recipe, name)),
        *("--dataset", dataset.name, "--run", str(folder.path), *shared),
        *("--seed", str(launch.seed), "--device", launch.device),
    ]
    if dataset.name not in CATALOG:
        words += ["--prepare", dataset.preparation]
    if extra is not None:
        words += ["--extra", extra.folder]
    if launch.threads is not None:
        words += ["--threads", str(launch.threads)]
    if launch.jobs > 1:
        words += ["--jobs", str(launch.jobs)]
    return words


def flags_of(recipe: Recipe, name: str) -> list[str]:
    """Return the flags of `digitlab train` that turn the recipe of that name into this one.

    >>> flags_of(Recipe(epochs=8, test_each_epoch=False), "tutorial")
    ['--epochs=8', '--no-test-each-epoch']
    """
    flags = []
    for setting, value in differences(recipe, find_recipe(name)).items():
        flag = setting.replace("_", "-")
        switch = f"--{flag}" if value else f"--no-{flag}"
        flags.append(switch if isinstance(value, bool) else f"--{flag}={value}")
    return flags
