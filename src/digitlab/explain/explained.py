"""A network explained, and one picture's way through it: what is printed, drawn and put out."""

from dataclasses import dataclass

import numpy as np

from digitlab.explain.answer import Answer, answer_of
from digitlab.explain.call import Call
from digitlab.explain.follow import follow
from digitlab.explain.followed import Followed
from digitlab.explain.network import SIDE, ExplainedNetwork, explain_calls
from digitlab.explain.picture import PreparedPicture
from digitlab.explain.subject import Subject


@dataclass(frozen=True, kw_only=True, eq=False)
class Explained:
    """What was found out by running a network once."""

    subject: Subject
    network: ExplainedNetwork
    calls: list[Call]
    picture: PreparedPicture | None
    """None if no picture was given. Then nothing is followed, and there is no answer."""
    followed: list[Followed]
    answer: Answer | None


def explain_subject(subject: Subject, picture: PreparedPicture | None = None) -> Explained:
    """Run a network on a picture, or on any pixels, and explain what it does.

    Raises `DigitlabError` if the network fails.
    """
    pixels = np.arange(SIDE * SIDE).reshape(SIDE, SIDE) % 256  # any that are not all the same
    calls = subject.run(pixels.astype(np.uint8) if picture is None else picture.digit)
    return Explained(
        subject=subject,
        network=explain_calls(calls, subject.parameters),
        calls=calls,
        picture=picture,
        followed=[] if picture is None else follow(calls),
        answer=None if picture is None else answer_of(calls, subject.temperature),
    )
