"""What would one call this colour?

By the nearest of a few that have a common English name; their values are those of the CSS colour keywords. Greys are
told coarsely, since a control that is pointed at becomes a little darker or lighter.
"""

COLOURS = {
    "red": (255, 0, 0),
    "blue": (0, 0, 255),
    "green": (0, 128, 0),
    "lime": (0, 255, 0),
    "yellow": (255, 255, 0),
    "orange": (255, 165, 0),
    "brown": (165, 42, 42),
    "pink": (255, 192, 203),
    "purple": (128, 0, 128),
    "magenta": (255, 0, 255),
    "cyan": (0, 255, 255),
    "teal": (0, 128, 128),
    "navy": (0, 0, 128),
    "olive": (128, 128, 0),
    "maroon": (128, 0, 0),
}
GREY_SPREAD = 14
"""What differs by no more than this between red, green and blue is a grey."""
WHITE, PALE, GREY = 253, 205, 60
"""A grey at least so bright is white, pale or grey; a darker one is black."""


def colour_name(colour: tuple[int, int, int]) -> str:
    """The name of a colour: red, green, blue, 0 to 255 each."""
    if max(colour) - min(colour) <= GREY_SPREAD:
        bright = sum(colour) / 3
        return "white" if bright >= WHITE else "pale" if bright >= PALE else "grey" if bright >= GREY else "black"
    return min(COLOURS, key=lambda name: sum((a - b) ** 2 for a, b in zip(colour, COLOURS[name], strict=True)))
