"""`digitlab completion`: the script with which a shell completes commands and flags."""

from typing import Annotated, Literal

from cyclopts import Parameter

from digitlab.cli.help import chinese_help, help_text

_IN_BASH = (  # what is changed in cyclopts's script
    ("complete -F", "complete -o filenames -F"),  # a slash after a folder, and no space
    ("COMPREPLY=( $(compgen -f", "local IFS=$'\\n'; COMPREPLY=( $(compgen -f"),  # names with spaces
)


@chinese_help(
    "输出让 shell 补全命令、选项和取值的脚本。\n\n"
    "把它存到 shell 查找这类脚本的地方，再打开一个新的 shell。bash（需要安装 bash-completion）"
    "：~/.local/share/bash-completion/completions/digitlab。zsh：$fpath 中某个文件夹里名为 "
    "_digitlab 的文件。fish：~/.config/fish/completions/digitlab.fish。"
)
def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        Parameter(
            help=help_text("The shell that you type commands in.", "你输入命令所用的 shell。")
        ),
    ],
    /,
) -> None:
    """Print the script with which a shell completes commands, flags and choices.

    Save it where the shell looks for such scripts, and open a new shell. For bash, with the package
    bash-completion: ~/.local/share/bash-completion/completions/digitlab. For zsh: a file named
    _digitlab in a folder of $fpath. For fish: ~/.config/fish/completions/digitlab.fish.
    """
    from digitlab.cli.app import app  # here: that module names this one

    script = app.generate_completion(prog_name="digitlab", shell=shell)
    for generated, better in _IN_BASH if shell == "bash" else ():
        script = script.replace(generated, better)
    print(script, end="")
