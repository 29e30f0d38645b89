"""Papers, desks, cameras and photographs: what writing stands on, and how a camera sees it."""

import subprocess
import sys

import numpy as np
import pytest

from digitlab.backgrounds import photographs
from digitlab.backgrounds.background import Background, background
from digitlab.backgrounds.cameras import seen
from digitlab.backgrounds.desks import on_a_desk
from digitlab.backgrounds.forms import boxes, score_sheet, table
from digitlab.backgrounds.photographs import installed_photographs, photograph, read_photograph
from digitlab.backgrounds.prints import Print, Style, ruled
from digitlab.errors import DigitlabError

_SHAPE = (192, 176)


def _random(seed):
    return np.random.default_rng(seed)


def _made(seed):
    """Return all that a crop goes through, from the ground to the camera."""
    random = _random(seed)
    paper = background(_SHAPE, random, 13 + 40 * random.random())
    ink = np.zeros(_SHAPE, np.float32)
    ink[60:90, 80:84] = 0.8
    page, mask = on_a_desk(paper.written(ink), random)
    return paper.paper, paper.lines, page, mask, seen(page, random), photograph(_SHAPE, random)


def test_everything_has_its_type_and_range_and_depends_on_the_seed_alone():
    for seed in range(60):
        *fields, mask, picture, photo = _made(seed)
        for field in (*fields, photo):
            assert (field.shape, field.dtype) == (_SHAPE, np.float32)
            assert field.min() >= 0
            assert field.max() <= 1
        assert (mask.shape, mask.dtype) == (_SHAPE, np.bool_)
        assert (picture.shape, picture.dtype) == (_SHAPE, np.uint8)
        if seed % 10 == 0:
            for first, second in zip(_made(seed), _made(seed), strict=True):
                assert np.array_equal(first, second)
    assert not np.array_equal(_made(1)[4], _made(2)[4])


@pytest.mark.parametrize("shape", [(16, 640), (600, 40)])
def test_crops_may_have_any_size(shape):
    random = _random(3)
    for _ in range(25):
        page = background(shape, random, 30).printed()
        assert seen(on_a_desk(page, random)[0], random).shape == shape
        assert photograph(shape, random).shape == shape


@pytest.mark.parametrize("form", [boxes, table, score_sheet])
def test_boxes_are_empty_inside_and_have_lines_around(form):
    found = 0
    for seed in range(30):
        random = _random(seed)
        press = Print(_SHAPE, slope=0.0, bend=0.0)
        form(press, random, 34, Style(1.5, 1))
        lines = press.lines(Style(1.5, 1), random)
        for x, y, width, height in press.boxes:
            left, top, right, bottom = (round(side) for side in (x, y, x + width, y + height))
            if left < 3 or top < 3 or right > _SHAPE[1] - 3 or bottom > _SHAPE[0] - 3:
                continue
            found += 1
            assert lines[top + 2 : bottom - 2, left + 2 : right - 2].max() == 0
            assert lines[bottom - 2 : bottom + 3, left + 2 : right - 2].max(axis=0).min() > 0.7
            assert lines[bottom - 6 : bottom - 3, left - 3 : left + 3].max(axis=1).min() > 0.7
    assert found > 15


def test_ruled_base_lines_are_where_ink_is_also_on_a_tilted_sheet():
    press = Print(_SHAPE, slope=0.2, bend=0.0)
    ruled(press, _random(0), 30, Style(1.5, 1))
    lines = press.lines(Style(1.5, 1), _random(0))
    checked = [
        lines[int(y) - 1 : int(y) + 3, x].max()
        for row in press.rows
        for x in range(0, _SHAPE[1], 25)
        if 3 < (y := row + 0.2 * x) < _SHAPE[0] - 3
    ]
    assert len(checked) > 15
    assert min(checked) > 0.7


def test_writing_darkens_paper_and_lightens_a_board_and_crosses_lines():
    paper, lines = np.full((2, 2), 0.5, np.float32), np.array([[0, 0.4]] * 2, np.float32)
    ink = np.array([[0, 0], [0.5, 0.5]], np.float32)
    dark = Background(paper, lines, dark=True).written(ink)
    light = Background(paper, lines).written(ink)
    assert (np.diff(light, axis=0) < 0).all()
    assert (np.diff(light, axis=1) < 0).all()
    assert (np.diff(dark, axis=0) > 0).all()


def test_the_page_stays_in_the_mask_and_ends_beyond_it():
    shares = []
    for seed in range(80):
        black, mask = on_a_desk(np.zeros(_SHAPE, np.float32), _random(seed))
        white, same = on_a_desk(np.ones(_SHAPE, np.float32), _random(seed))
        assert np.array_equal(mask, same)
        shows = white - black  # how much of the page shows, 0 to 1
        assert shows[mask].min() > 0.05
        assert np.median(shows[mask]) > 0.7
        assert shows[~mask].max(initial=0) < 0.6
        if mask.mean() < 0.9:
            assert np.median(shows[~mask]) == 0
        shares.append(mask.mean())
    assert 0.5 < np.mean(shares) < 0.9
    assert min(shares) > 0.2


def test_writing_on_the_back_shines_through_mirrored():
    behind = np.zeros(_SHAPE, np.float32)
    behind[50:100, 10:30] = 1
    with_it = background(_SHAPE, _random(1), 30, behind=behind).paper
    without = with_it[50:100, 60:90].mean()
    assert with_it[50:100, -30:-10].mean() < without - 0.01
    assert abs(with_it[50:100, 10:30].mean() - without) < 0.01


def test_a_camera_leaves_strong_writing_where_it_is():
    page = np.full(_SHAPE, 0.9, np.float32)
    page[70:110, 80:90] = 0.05
    contrasts = []
    for seed in range(120):
        picture = seen(page, _random(seed)).astype(float)
        around = (picture[70:110, 60:72].mean() + picture[70:110, 98:110].mean()) / 2
        contrasts.append(abs(picture[72:108, 82:88].mean() - around))
    assert np.quantile(contrasts, 0.02) > 15


def test_photographs_are_found_without_importing_their_packages():
    code = (
        "import sys; from digitlab.backgrounds.photographs import installed_photographs as found;"
        "print(len(found())); assert not {'skimage', 'matplotlib', 'scipy'} & set(sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(run.stdout) == 17


def test_textures_replace_photographs_that_are_not_installed(monkeypatch):
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    monkeypatch.setattr(photographs, "installed_photographs", installed_photographs.__wrapped__)
    assert photographs.installed_photographs() == ()
    pieces = [photograph(_SHAPE, _random(seed)) for seed in range(20)]
    assert min(piece.std() for piece in pieces) > 0.01


def test_the_package_with_a_missing_photograph_is_named(monkeypatch):
    with pytest.raises(DigitlabError, match="pip install scikit-image"):
        read_photograph("skimage/data/nobody.png")
    monkeypatch.setattr(photographs, "find_spec", lambda name: None)
    with pytest.raises(DigitlabError, match="pip install matplotlib"):
        read_photograph("matplotlib/mpl-data/sample_data/grace_hopper.jpg")
