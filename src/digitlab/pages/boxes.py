"""Draw the digits that were read onto the picture."""

from PIL import Image, ImageDraw, ImageFont

from digitlab.language import Language
from digitlab.pages.answers import Box, Page, ReadDigit
from digitlab.pictures.open import Source, open_picture

SURE, UNSURE = (0, 120, 215), (226, 88, 0)  # blue and orange: distinct with color blindness too
LABEL_SHARE = 0.45  # of the digit's height
LEAST_LABEL = 11  # pixels: smaller letters are unreadable
LINE_SHARE = 1 / 40  # of a digit's height: the width of the frame's line


def draw_boxes(source: Source, page: Page, *, language: Language | None = None) -> Image.Image:
    """Return the upright picture, RGB, with a frame around each digit and the answer above it.

    They are blue where the answer is sure, and orange with `?` where it is not. Takes the picture
    that was read (a stream must be at its beginning again, a `digitlab.pictures.open.Picture` is
    not decoded again) and what `digitlab.pages.read.read_page` returned for it. The result has the
    picture's full size, or that of `Picture.image` if a JPEG was reduced while it was decoded.
    Raises PictureError if the picture cannot be opened.
    """
    picture = open_picture(source)
    try:
        image = on_white(picture.image)
    except ValueError:  # a mode that Pillow cannot convert to colors
        image = Image.fromarray(picture.gray()).convert("RGB")
    draw = ImageDraw.Draw(image)
    scale = image.width / picture.size[0], image.height / picture.size[1]
    boxes = [scaled(digit.box, *scale) for digit in page.digits]
    heights = sorted(height for _, _, _, height in boxes)
    usual = heights[len(heights) // 2] if heights else 0
    for box, digit in zip(boxes, page.digits, strict=True):
        draw_digit(draw, box, digit, usual)
    return image


def scaled(box: Box, across: float, down: float) -> Box:
    """Return a box in pixels of a smaller picture."""
    left, top, width, height = box
    return round(left * across), round(top * down), round(width * across), round(height * down)


def on_white(image: Image.Image) -> Image.Image:
    """Return a new RGB image, with white where the given one is transparent."""
    if image.mode.startswith(("I", "F")):
        low, high = image.getextrema()
        scale = 255 / max(float(high) - float(low), 1e-6)  # type: ignore[arg-type]
        image = image.convert("F").point(lambda level: (level - float(low)) * scale)  # type: ignore[arg-type]
        return image.convert("L").convert("RGB")
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image.convert("RGB")


def draw_digit(draw: ImageDraw.ImageDraw, box: Box, digit: ReadDigit, usual: int) -> None:
    """Draw a digit's frame, and its answer on a small plate above, or below at the top edge."""
    left, top, width, height = box
    color = UNSURE if digit.unsure else SURE
    line = max(1, round(usual * LINE_SHARE))
    room = 2 * line  # between ink and frame
    frame = (left - room, top - room, left + width - 1 + room, top + height - 1 + room)
    draw.rectangle(frame, outline=color, width=line)
    font = ImageFont.load_default(max(LEAST_LABEL, round(usual * LABEL_SHARE)))
    text = "?" if digit.unsure else str(digit.digit)
    letters = draw.textbbox((0, 0), text, font=font, anchor="ls")
    pad = max(1, round(0.12 * (letters[3] - letters[1]))) + 1
    plate_height = letters[3] - letters[1] + 2 * pad
    plate_width = letters[2] - letters[0] + 2 * pad
    middle = left + width / 2
    foot = frame[1]
    if foot < plate_height:
        foot = min(frame[3] + plate_height, draw.im.size[1])
    plate = (middle - plate_width / 2, foot - plate_height, middle + plate_width / 2, foot)
    draw.rectangle(plate, fill=color)
    draw.text((middle, foot - pad), text, font=font, fill="white", anchor="ms")
