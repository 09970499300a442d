"""New colours from given ones: mixtures, variations, gradients and palettes."""

from collections.abc import Sequence

from tintspace import (
    RGB,
    ColourError,
    OutOfRange,
    _checked,
    _component,
    _contrast,
    _from_hsl,
    _linear,
    _luminance,
    _rounded,
    _share,
    _to_hsl,
)

_HARMONIES = {
    "complement": (0, 180), "triad": (0, 120, 240), "square": (0, 90, 180, 270), "analogous": (-30, 0, 30),
    "split": (0, 150, 210),
}


def mix(first: RGB, second: RGB, share: float = 0.5) -> RGB:
    """The first colour with a share of the second one, component by component. Raises OutOfRange."""
    return _mixed(_checked(first), _checked(second), _share(share))


def mix_light(first: RGB, second: RGB, share: float = 0.5) -> RGB:
    """The mixture of the light of two colours, which looks brighter than `mix`. Raises OutOfRange."""
    pairs = zip(_checked(first), _checked(second))
    weight = _share(share)
    return tuple(_component(_linear(a) * (1 - weight) + _linear(b) * weight) for a, b in pairs)


def overlay(colour: RGB, opacity: float, background: RGB) -> RGB:
    """What is seen of a colour with some opacity in front of a background. Raises OutOfRange."""
    return _mixed(_checked(background), _checked(colour), _share(opacity))


def average(colours: Sequence[RGB]) -> RGB:
    """The mean of each component. Raises ColourError for no colours."""
    if not colours:
        raise ColourError("no colours have no average")
    parts = zip(*map(_checked, colours))
    return tuple(_rounded(sum(part) / len(colours)) for part in parts)


def lighten(colour: RGB, amount: float) -> RGB:
    """The colour with the amount added to its lightness, at most white; a negative amount darkens."""
    hue, saturation, lightness = _to_hsl(_checked(colour))
    return _from_hsl(hue, saturation, _clipped(lightness + amount))


def saturate(colour: RGB, amount: float) -> RGB:
    """The colour with the amount added to its saturation; a negative amount greys it. Greys stay as they are."""
    hue, saturation, lightness = _to_hsl(_checked(colour))
    if saturation == 0:
        return colour
    return _from_hsl(hue, _clipped(saturation + amount), lightness)


def turn_hue(colour: RGB, degrees: float) -> RGB:
    """The colour with its hue turned around the circle."""
    return _turned(_checked(colour), degrees)


def invert(colour: RGB) -> RGB:
    """The negative of a colour."""
    return tuple(255 - part for part in _checked(colour))


def greyed(colour: RGB) -> RGB:
    """The grey that is as bright for the eye as the colour."""
    return (_component(_luminance(_checked(colour))),) * 3


def harmony(colour: RGB, kind: str) -> list[RGB]:
    """Colours in harmony with a given one: complement, triad, square, analogous or split. Raises ColourError."""
    if kind not in _HARMONIES:
        raise ColourError(f"unknown harmony {kind!r}")
    return [_turned(_checked(colour), degrees) for degrees in _HARMONIES[kind]]


def gradient(first: RGB, second: RGB, steps: int) -> list[RGB]:
    """Evenly spaced mixtures from the first colour to the second, both included. Raises ColourError below two steps."""
    if steps < 2:
        raise ColourError(f"a gradient cannot have {steps} steps")
    return [_mixed(_checked(first), _checked(second), step / (steps - 1)) for step in range(steps)]


def ramp(stops: Sequence[tuple[float, RGB]], place: float) -> RGB:
    """The colour at a place of a scale with colours at ascending stops; outside it is the first or last one.

    Raises ColourError for no stops, and for stops that are not ascending.
    """
    places = [at for at, _ in stops]
    if not stops or any(a >= b for a, b in zip(places, places[1:])):
        raise ColourError("a scale needs ascending stops")
    if place <= places[0]:
        return stops[0][1]
    for (low, first), (high, second) in zip(stops, stops[1:]):
        if place <= high:
            return _mixed(_checked(first), _checked(second), (place - low) / (high - low))
    return stops[-1][1]


def shades(colour: RGB, count: int) -> list[RGB]:
    """Colours of the same hue with evenly spaced lightness between black and white, dark ones first.

    Raises ColourError for less than one.
    """
    if count < 1:
        raise ColourError(f"{count} shades are not possible")
    hue, saturation, _ = _to_hsl(_checked(colour))
    return [_from_hsl(hue, saturation, step / (count + 1)) for step in range(1, count + 1)]


def distinct(count: int, saturation: float = 0.65, lightness: float = 0.5) -> list[RGB]:
    """Colours with hues evenly around the circle, beginning with red. Raises OutOfRange."""
    if count < 0:
        raise OutOfRange(f"{count} colours are not possible")
    return [_from_hsl(360 * step / count, _share(saturation), _share(lightness)) for step in range(count)]


def text_colour(background: RGB, choices: Sequence[RGB] = ((0, 0, 0), (255, 255, 255))) -> RGB:
    """The choice with most contrast to the background, the first of equals. Raises ColourError for no choices."""
    if not choices:
        raise ColourError("there are no choices")
    return max(choices, key=lambda choice: _contrast(_checked(choice), _checked(background)))


def sort_by_hue(colours: Sequence[RGB]) -> list[RGB]:
    """The colours around the circle from red on, darker ones first within a hue, after the greys from dark to light."""
    def order(colour: RGB) -> tuple[bool, float, float]:
        hue, saturation, lightness = _to_hsl(_checked(colour))
        return saturation > 0, hue, lightness

    return sorted(colours, key=order)


def _mixed(first: RGB, second: RGB, share: float) -> RGB:
    return tuple(_rounded(a * (1 - share) + b * share) for a, b in zip(first, second))


def _turned(colour: RGB, degrees: float) -> RGB:
    hue, saturation, lightness = _to_hsl(colour)
    return _from_hsl(hue + degrees, saturation, lightness)


def _clipped(value: float) -> float:
    return max(0.0, min(1.0, value))
