"""Colours as (red, green, blue) with whole numbers from 0 to 255, and what they are in other notations and spaces.

Hues are degrees from 0 up to 360, saturation, lightness and shares are from 0 to 1. Halves are rounded up.
"""

import re
from math import floor

RGB = tuple[int, int, int]
NAMES: dict[str, RGB] = {
    "black": (0, 0, 0), "silver": (192, 192, 192), "grey": (128, 128, 128), "white": (255, 255, 255),
    "maroon": (128, 0, 0), "red": (255, 0, 0), "purple": (128, 0, 128), "magenta": (255, 0, 255),
    "green": (0, 128, 0), "lime": (0, 255, 0), "olive": (128, 128, 0), "yellow": (255, 255, 0),
    "navy": (0, 0, 128), "blue": (0, 0, 255), "teal": (0, 128, 128), "cyan": (0, 255, 255),
    "orange": (255, 165, 0), "pink": (255, 192, 203), "brown": (165, 42, 42), "gold": (255, 215, 0),
}
_NUMBER = r"\s*(-?\d+(?:\.\d+)?)"
_RGB_CALL = re.compile(rf"rgb\({_NUMBER}\s*,{_NUMBER}\s*,{_NUMBER}\s*\)")
_HSL_CALL = re.compile(rf"hsl\({_NUMBER}\s*,{_NUMBER}%\s*,{_NUMBER}%\s*\)")


class ColourError(ValueError):
    """Base of every error raised for colours."""


class UnknownNotation(ColourError):
    """A text is in no notation for colours that is known."""


class OutOfRange(ColourError):
    """A component or a share is outside of its range."""


def parse_colour(text: str) -> RGB:
    """The colour of `#rgb`, `#rrggbb`, `rgb(r, g, b)`, `hsl(h, s%, l%)` or a name, in any case.

    Raises UnknownNotation and OutOfRange.
    """
    wanted = text.strip().lower()
    if wanted in NAMES:
        return NAMES[wanted]
    if re.fullmatch("#[0-9a-f]{3}", wanted):
        return tuple(int(digit * 2, 16) for digit in wanted[1:])
    if re.fullmatch("#[0-9a-f]{6}", wanted):
        return tuple(int(wanted[place:place + 2], 16) for place in (1, 3, 5))
    if match := _RGB_CALL.fullmatch(wanted):
        return _checked(tuple(_rounded(float(part)) for part in match.groups()))
    if match := _HSL_CALL.fullmatch(wanted):
        hue, saturation, lightness = map(float, match.groups())
        return _from_hsl(hue, _share(saturation / 100), _share(lightness / 100))
    raise UnknownNotation(f"{text!r} is no colour")


def to_hex(colour: RGB, short: bool = False) -> str:
    """The colour as `#rrggbb`, or as `#rgb` when that is wanted and possible. Raises OutOfRange."""
    digits = "".join(f"{part:02x}" for part in _checked(colour))
    if short and digits[::2] == digits[1::2]:
        digits = digits[::2]
    return f"#{digits}"


def to_hsl(colour: RGB) -> tuple[float, float, float]:
    """Hue, saturation and lightness; greys have hue 0 and saturation 0. Raises OutOfRange."""
    return _to_hsl(_checked(colour))


def from_hsl(hue: float, saturation: float, lightness: float) -> RGB:
    """The colour of a hue, taken modulo 360, a saturation and a lightness. Raises OutOfRange."""
    return _from_hsl(hue, _share(saturation), _share(lightness))


def to_cmyk(colour: RGB) -> tuple[float, float, float, float]:
    """Shares of cyan, magenta, yellow and black, with as much black as possible. Raises OutOfRange."""
    red, green, blue = (part / 255 for part in _checked(colour))
    light = max(red, green, blue)
    if not light:
        return 0.0, 0.0, 0.0, 1.0
    return (light - red) / light, (light - green) / light, (light - blue) / light, 1 - light


def from_cmyk(cyan: float, magenta: float, yellow: float, black: float) -> RGB:
    """The colour of four shares of ink. Raises OutOfRange."""
    rest = 1 - _share(black)
    return tuple(_rounded(255 * (1 - _share(ink)) * rest) for ink in (cyan, magenta, yellow))


def to_lab(colour: RGB) -> tuple[float, float, float]:
    """Lightness from 0 to 100, green to red, and blue to yellow, as CIE Lab under daylight (D65). Raises OutOfRange."""
    return _to_lab(_checked(colour))


def luminance(colour: RGB) -> float:
    """How bright a colour is for the eye, from 0 for black to 1 for white. Raises OutOfRange."""
    return _luminance(_checked(colour))


def contrast(first: RGB, second: RGB) -> float:
    """The contrast ratio of two colours, from 1 for equal ones to 21 for black and white. Raises OutOfRange."""
    return _contrast(_checked(first), _checked(second))


def is_readable(text: RGB, background: RGB, level: str = "AA", large: bool = False) -> bool:
    """Whether the contrast suffices: 4.5 for AA and 7 for AAA, or 3 and 4.5 for large text.

    Raises ColourError for other levels.
    """
    needed = {"AA": (4.5, 3.0), "AAA": (7.0, 4.5)}
    if level not in needed:
        raise ColourError(f"unknown level {level!r}")
    return _contrast(_checked(text), _checked(background)) >= needed[level][large]


def distance(first: RGB, second: RGB) -> float:
    """How different two colours look: their distance in Lab. Raises OutOfRange."""
    return _distance(_checked(first), _checked(second))


def nearest_name(colour: RGB) -> str:
    """The name of the colour that looks most like this one, the alphabetically first of equals. Raises OutOfRange."""
    _checked(colour)
    return min(sorted(NAMES), key=lambda name: _distance(NAMES[name], colour))


def _checked(colour: RGB) -> RGB:
    if len(colour) != 3 or any(not 0 <= part <= 255 for part in colour):
        raise OutOfRange(f"{colour} is not three numbers from 0 to 255")
    return colour


def _share(value: float) -> float:
    if not 0 <= value <= 1:
        raise OutOfRange(f"{value} is not from 0 to 1")
    return value


def _rounded(value: float) -> int:
    return floor(value + 0.5)


def _to_hsl(colour: RGB) -> tuple[float, float, float]:
    low, high = min(colour), max(colour)
    lightness = (low + high) / 510
    if low == high:
        return 0.0, 0.0, lightness
    red, green, blue = colour
    span = high - low
    if high == red:
        sector = (green - blue) / span % 6
    elif high == green:
        sector = (blue - red) / span + 2
    else:
        sector = (red - green) / span + 4
    return 60 * sector, span / (255 - abs(low + high - 255)), lightness


def _from_hsl(hue: float, saturation: float, lightness: float) -> RGB:
    reach = saturation * min(lightness, 1 - lightness)

    def part(offset: int) -> int:
        place = (offset + hue / 30) % 12
        return _rounded(255 * (lightness - reach * max(-1, min(place - 3, 9 - place, 1))))

    return part(0), part(8), part(4)


def _linear(part: float) -> float:
    """The amount of light of a component, 0 to 1."""
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _component(light: float) -> int:
    """The component for an amount of light."""
    share = light * 12.92 if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055
    return _rounded(255 * share)


def _luminance(colour: RGB) -> float:
    red, green, blue = map(_linear, colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(first: RGB, second: RGB) -> float:
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _to_lab(colour: RGB) -> tuple[float, float, float]:
    red, green, blue = map(_linear, colour)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089
    x, y, z = (value ** (1 / 3) if value > (6 / 29) ** 3 else value * (29 / 6) ** 2 / 3 + 4 / 29 for value in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _distance(first: RGB, second: RGB) -> float:
    return sum((a - b) ** 2 for a, b in zip(_to_lab(first), _to_lab(second))) ** 0.5
