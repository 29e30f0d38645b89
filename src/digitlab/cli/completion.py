"""`digitlab completion`: the script with which a shell completes commands and flags."""

from typing import Annotated, Literal

from cyclopts import Parameter

_IN_BASH = (  # what is changed in cyclopts's script
    ("complete -F", "complete -o filenames -F"),  # a slash after a folder, and no space
    ("COMPREPLY=( $(compgen -f", "local IFS=$'\\n'; COMPREPLY=( $(compgen -f"),  # names with spaces
)


def completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"], Parameter(help="The shell that you type commands in.")
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
