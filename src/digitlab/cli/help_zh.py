"""How help looks in Chinese: cyclopts's own words, and lines that break between characters."""

from collections.abc import Iterator
from typing import Any

from cyclopts import App, Group
from cyclopts.help import ColumnSpec, DefaultFormatter, HelpEntry, HelpPanel, NameRenderer
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.text import Text

_NOT_FIRST = "，。；：、！？）”…,.;:!?)]"
"""What a line must not begin with."""
_NOT_LAST = "（“(["
"""What a line must not end with."""


def app_in_chinese(**arguments: Any) -> App:
    """Return cyclopts's `App`, with its own words in Chinese."""
    app = App(
        group_arguments=Group.create_default_arguments("位置参数"),
        group_parameters=Group.create_default_parameters("选项"),
        group_commands=Group.create_default_commands("命令"),
        help_format="plaintext",
        help_formatter=_Formatter(),
        **arguments,
    )
    app["--help"].help = "显示这段帮助，然后退出。"
    app["--version"].help = "显示版本号，然后退出。"
    return app


class _Formatter(DefaultFormatter):
    """Formats help as cyclopts does, with Chinese words and line breaks."""

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:
        """Print how the command is called."""
        console.print(Text(f"用法：{usage}", style="bold"))

    def render_description(
        self, console: Console, options: ConsoleOptions, description: Any
    ) -> None:
        """Print what the command does."""
        console.print(_Wrapped(f"{description.primary_renderable.plain}\n"))

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel of commands or flags."""
        names = NameRenderer(max_width=console.width * 35 // 100)
        self.column_specs = (
            ColumnSpec(renderer=names, style="cyclopts.name"),
            ColumnSpec(renderer=_describe),
        )
        if not isinstance(panel.description, Text):  # it has one: a group's help
            panel.description = _Wrapped(f"{panel.description.primary_renderable.plain}\n")
        super().__call__(console, options, panel)


def _describe(entry: HelpEntry) -> "_Wrapped":
    """Return what a command or a flag is, and the values that it can have."""
    facts = [f"可选：{'、'.join(entry.choices)}"] if entry.choices else []
    facts += [f"默认：{entry.default}"] if entry.default is not None else []
    facts += ["必填"] if entry.required else []
    words = [entry.description.primary_renderable.plain, *(f"[{fact}]" for fact in facts)]
    return _Wrapped(" ".join(words))


class _Wrapped:
    """A text whose lines break at spaces and between Chinese characters; `code` is highlighted."""

    def __init__(self, text: str) -> None:
        pieces = text.split("`")
        styles = ("", "markdown.code")
        self._text = Text.assemble(*((it, styles[place % 2]) for place, it in enumerate(pieces)))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        for paragraph in self._text.split("\n", allow_blank=True):
            starts = _line_starts(paragraph.plain, options.max_width)
            for line in paragraph.divide(starts):
                line.rstrip()
                yield line


def _line_starts(text: str, width: int) -> list[int]:
    """Return where a new line begins if a text is to fit into so many columns."""
    starts, start, last_break = [], 0, 0
    for place in range(1, len(text)):
        if _may_break(text[place - 1], text[place]):
            last_break = place
        if cell_len(text[start : place + 1].rstrip()) > width and last_break > start:
            start = last_break
            starts.append(start)
    return starts


def _may_break(before: str, after: str) -> bool:
    if before in _NOT_LAST or after in _NOT_FIRST or after == " ":
        return False
    return before == " " or cell_len(before) == 2 or cell_len(after) == 2
