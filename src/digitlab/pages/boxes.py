"""Draw what was read onto the picture."""

from PIL import Image, ImageDraw, ImageFont

from digitlab.pages.answers import Page, ReadDigit
from digitlab.pictures.open import Source, open_picture, open_upright

SURE, UNSURE = (0, 120, 215), (226, 88, 0)  # blue and orange: told apart by all eyes
LABEL_SHARE = 0.45  # of the digit's height
LEAST_LABEL = 11  # pixels: smaller letters cannot be read
LINE_SHARE = 1 / 40  # of a digit's height: the frame's width


def draw_boxes(source: Source, page: Page) -> Image.Image:
    """Return the upright picture with a frame around each digit and the answer above it.

    Parameters
    ----------
    source
        the picture that was read; a stream must stand at its beginning again.
    page
        what `digitlab.pages.read.read_page` said of it.

    Returns
    -------
    Image.Image
        RGB, of the picture's full size: blue where the answer is sure, orange and `?` where not.

    Raises
    ------
    PictureError
        If the picture cannot be opened.
    """
    upright = open_upright(source)
    try:
        image = on_white(upright)
    except ValueError:  # a mode that Pillow does not turn into colors
        image = Image.fromarray(open_picture(upright)).convert("RGB")
    draw = ImageDraw.Draw(image)
    heights = sorted(digit.box[3] for digit in page.digits)
    usual = heights[len(heights) // 2] if heights else 0
    for digit in page.digits:
        draw_digit(draw, digit, usual)
    return image


def on_white(image: Image.Image) -> Image.Image:
    """Return any image as RGB; what is transparent becomes white."""
    if image.mode.startswith(("I", "F")):
        low, high = image.getextrema()
        scale = 255 / max(float(high) - float(low), 1e-6)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda level: (level - float(low)) * scale)  # type: ignore[arg-type]
        return image.convert("L").convert("RGB")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")


def draw_digit(draw: ImageDraw.ImageDraw, digit: ReadDigit, usual: int) -> None:
    """Draw a digit's frame, and its answer on a small plate above, or below at the top edge."""
    left, top, width, height = digit.box
    color = UNSURE if digit.unsure else SURE
    line = max(1, round(usual * LINE_SHARE))
    room = 2 * line  # between ink and frame
    frame = (left - room, top - room, left + width - 1 + room, top + height - 1 + room)
    draw.rectangle(frame, outline=color, width=line)
    font = ImageFont.load_default(max(LEAST_LABEL, round(usual * LABEL_SHARE)))
    text = "?" if digit.unsure else str(digit.digit)
    box = draw.textbbox((0, 0), text, font=font, anchor="ls")
    pad = max(1, round(0.12 * (box[3] - box[1]))) + 1
    plate_height, plate_width = box[3] - box[1] + 2 * pad, box[2] - box[0] + 2 * pad
    middle = left + width / 2
    foot = frame[1]
    if foot < plate_height:
        foot = min(frame[3] + plate_height, draw.im.size[1])
    plate = (middle - plate_width / 2, foot - plate_height, middle + plate_width / 2, foot)
    draw.rectangle(plate, fill=color)
    draw.text((middle, foot - pad), text, font=font, fill="white", anchor="ms")
