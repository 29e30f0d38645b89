"""How `digitlab explain` prints a network and its settings, for people."""

from rich import box
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from digitlab.errors import printable
from digitlab.explain.network import ExplainedNetwork, Operation
from digitlab.explain.settings import Effect, ExplainedSetting
from digitlab.explain.subject import SHIPPED, Subject
from digitlab.explain.sums import SIZE_FORMULA
from digitlab.explain.words import sentence_of
from digitlab.language import Language
from digitlab.presentation import words
from digitlab.presentation.wrapped import Wrapped
from digitlab.recipe import Range


def print_network(
    console: Console, subject: Subject, network: ExplainedNetwork, language: Language
) -> None:
    """Print a network as a table with one row per operation, and the totals."""
    colon = "：" if language == "zh" else ": "
    console.print(
        f"{words.NETWORK.text(language)}{colon}{title_of(subject, language)}", style="bold"
    )
    most = max(10, console.width // 3)  # a long name must leave room for what it does
    table = _table(
        Column(words.OPERATION.text(language), overflow="fold", min_width=10, max_width=most),
        Column(words.DOES.text(language), ratio=1),
        Column(words.COUNTS.text(language), justify="right", no_wrap=True),
    )
    for operation in network.operations:
        table.add_row(
            _named(operation),
            Wrapped(_explained(operation, language)),
            _counted(operation, language),
        )
    console.print(table)
    totals = (words.TOTALS_AT_LEAST if network.uncounted else words.TOTALS).text(
        language,
        parameters=f"{network.parameters:,}",
        multiply_adds=f"{network.multiply_adds:,}",
        names=("、" if language == "zh" else ", ").join(map(printable, network.uncounted)),
    )
    console.print(Wrapped(totals, "bold"))
    notes = [words.SHAPES_NOTE.text(language)]
    if network.unused_parameters:
        detects = subject.recipe is not None and subject.recipe.detects_digits
        unused = words.DETECTS if detects else words.UNUSED
        notes.insert(0, unused.text(language, count=f"{network.unused_parameters:,}"))
    if subject.kind == "model":
        notes.append(words.NO_DROPOUT.text(language))
    parts = {name: it.text(language) for name, it in words.FORMULA_PARTS.items()}
    notes.append(words.FORMULA_NOTE.text(language) + colon + SIZE_FORMULA.format(**parts))
    for note in notes:
        console.print(Wrapped(note))


def title_of(subject: Subject, language: Language) -> str:
    """Return which network it is, in a few words."""
    kind = SHIPPED if subject.source == SHIPPED else subject.kind
    return words.TITLES[kind].text(language, name=printable(subject.source))


def _table(*columns: Column) -> Table:
    return Table(*columns, box=box.HORIZONTALS, show_lines=True, expand=True, pad_edge=False)


def _named(operation: Operation) -> Text:
    """Return an operation's name, its class if that is another, and the shapes."""
    name, operator = printable(operation.name), printable(operation.operator)
    is_shown = operator in (name, name.rpartition(": ")[2])
    before = dict.fromkeys(map(in_times, operation.input_shapes))
    lines = [*([] if is_shown else [operator]), *before, f"→ {in_times(operation.output_shape)}"]
    return Text(name, style="bold").append("\n" + "\n".join(lines), style="not bold")


def _explained(operation: Operation, language: Language) -> str:
    lines = [sentence_of(operation, language), *map(str, operation.sizes)]
    if (field := operation.receptive_field) is not None and operation.sizes:
        lines.append(words.SEES.text(language, field=in_times(field)))
    return "\n".join(filter(None, lines))


def in_times(shape: tuple[int, ...]) -> str:
    """Return a shape in words: `10×24×24`."""
    return "×".join(f"{side:,}" for side in shape) or "1"


def _counted(operation: Operation, language: Language) -> str:
    """Return the parameters and the multiply-adds of an operation with their arithmetic."""
    lines = []
    for found, unit in (
        (operation.parameters, words.OF_PARAMETERS),
        (operation.multiply_adds, words.OF_MULTIPLY_ADDS),
    ):
        if found is not None:
            is_one = unit is words.OF_PARAMETERS and found.result == 1
            unit = words.OF_ONE_PARAMETER if is_one else unit
            lines += [found.written, unit.text(language, count=f"{found.result:,}")]
    return "\n".join(lines)


def print_settings(
    console: Console, subject: Subject, settings: list[ExplainedSetting], language: Language
) -> None:
    """Print every setting of a recipe as a table."""
    title = words.SETTINGS["run" if subject.kind == "model" else subject.kind]
    name = subject.source if subject.kind == "recipe" else subject.recipe_name
    console.print(title.text(language, name=printable(name)), style="bold")
    effects = [effect for it in settings for effect in it.effects]
    table = _table(
        Column(words.SETTING.text(language), style="bold", overflow="fold"),
        Column(words.VALUE.text(language), overflow="fold"),
        Column(words.MEANING.text(language), ratio=3),
        *([Column(words.EFFECT.text(language), ratio=2)] if effects else []),
    )
    for it in settings:
        limits = _limits(it, language)
        meaning = f"{it.meaning}\n{limits}" if limits else it.meaning
        measured = "\n".join(_effect_in_words(effect, it.value, language) for effect in it.effects)
        cells = [meaning, *([measured] if effects else [])]
        table.add_row(it.name, printable(it.value), *map(Wrapped, cells))
    console.print(table)
    if not effects:
        console.print(Wrapped(words.NOT_MEASURED.text(language)))
    own_epochs = next((it.value for it in settings if it.name == "epochs"), None)
    for note in dict.fromkeys(_conditions(it, own_epochs, language) for it in effects):
        console.print(Wrapped(note))


def _conditions(effect: Effect, own_epochs: int | None, language: Language) -> str:
    """Return how an effect was measured, and in what that training was shorter."""
    own = images = ""
    if own_epochs not in (None, effect.epochs):
        own = words.MEASURED_OWN.text(language, epochs=own_epochs)
    if effect.train_images:
        images = words.MEASURED_IMAGES.text(language, count=f"{effect.train_images:,}")
    return words.MEASURED_HOW.text(
        language,
        epochs=effect.epochs,
        validation=f"{effect.validation:,}",
        seeds=effect.seeds,
        own=own,
        images=images,
    )


def _limits(setting: ExplainedSetting, language: Language) -> str:
    """Return the values that a setting can have, in mathematical notation.

    >>> from digitlab.recipe import RANGES
    >>> _in_symbols(RANGES["momentum"]), _in_symbols(RANGES["epochs"])
    ('0 ≤ x < 1', '1 ≤ x < 2^31')
    """
    if setting.range is not None:
        return _in_symbols(setting.range)
    own = (words.YOUR_OWN.text(language),) * (setting.name == "network")
    return " | ".join(setting.choices + own)


def _in_symbols(allowed: Range) -> str:
    least = f"{allowed.least:g} {'≤' if allowed.includes_least else '<'} x"
    if allowed.most == 2**31 - 1:
        return f"{least} < 2^31"
    return f"{least} {'≤' if allowed.includes_most else '<'} {allowed.most:g}"


def _change_from(base: object, value: object) -> str:
    """Return how a value was changed, if it was doubled or halved; from 0.9 to 0.95 it was not.

    >>> _change_from(0.01, 0.02), _change_from(64, 32), _change_from(0.9, 0.95)
    ('×2 → ', '÷2 → ', '')
    """
    if isinstance(base, int | float) and isinstance(value, int | float):
        if value == 2 * base:
            return "×2 → "
        if base == 2 * value:
            return "÷2 → "
    return ""


def _effect_in_words(effect: Effect, base: object, language: Language) -> str:
    points = "" if effect.points is None else f"{effect.points:+.2f}".replace("-", "−")
    margin = "" if effect.margin is None else f"{effect.margin:.2f}"
    verdicts = {
        "diverged": words.DIVERGED,
        "base diverged": words.BASE_DIVERGED,
        "difference": words.DIFFERENCE,
        "no difference": words.NO_DIFFERENCE,
        "one seed": words.ONE_SEED,
    }
    text = verdicts[effect.verdict].text(language, points=points, margin=margin)
    if 0 < effect.diverged < effect.seeds:
        some = words.DIVERGED_SOME.text(language, count=effect.diverged, seeds=effect.seeds)
        separator = "；" if language == "zh" else "; "
        text = some if effect.verdict == "diverged" else f"{text}{separator}{some}"
    change = _change_from(base, effect.value)
    return words.EFFECT_OF.text(language, change=change, value=printable(effect.value), effect=text)
