"""A made-up application, drawn with Pillow: what the sample recording shows. No real person's data."""

from dataclasses import dataclass, replace

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1280, 800
WINDOW = (96, 56, 1088, 680)
"""x, y, width, height of the application's window."""

INK, MUTED, LINE, PAPER = "#1f2933", "#6b7785", "#d5dae0", "#ffffff"
BLUE, PALE, GREEN = "#2456a6", "#eef3fb", "#1c7c54"

FIELDS = {"name": (150, 236), "email": (150, 316), "team": (150, 396), "password": (150, 476)}
FIELD_SIZE = (440, 38)
TEAMS = ("Research", "Support", "Facilities", "People")
BUTTON = (150, 552, 170, 42)


@dataclass(frozen=True)
class Screen:
    """What is on the screen. ``covered``: the window in front is not disclosed, so nothing of the screen is known."""

    name: str = ""
    email: str = ""
    team: str = ""
    menu_open: bool = False
    hovered: int = -1
    focus: str = ""
    sent: bool = False
    rows: int = 0
    scroll: int = 0

    def but(self, **changes: object) -> "Screen":
        return replace(self, **changes)  # type: ignore[arg-type]


def draw(screen: Screen) -> Image.Image:
    """The whole screen in RGB."""
    image = Image.new("RGB", (WIDTH, HEIGHT), "#000000")
    canvas = ImageDraw.Draw(image)
    x, y, width, height = WINDOW
    canvas.rounded_rectangle((x, y, x + width - 1, y + height - 1), 10, fill="#f6f7f9")
    canvas.rounded_rectangle((x, y, x + width - 1, y + 44), 10, fill="#e4e8ed")
    canvas.rectangle((x, y + 30, x + width - 1, y + 44), fill="#e4e8ed")
    for place, colour in enumerate(("#ec6a5e", "#f4bf4f", "#61c554")):
        canvas.ellipse((x + 18 + place * 22, y + 16, x + 30 + place * 22, y + 28), fill=colour)
    canvas.text((x + 110, y + 13), "Travel request  -  intranet.example.org/travel", font=_font(15), fill=MUTED)
    if screen.sent:
        _draw_list(canvas, screen)
    else:
        _draw_form(canvas, screen)
    return image


def _draw_form(canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    canvas.text((150, 130), "New travel request", font=_font(30), fill=INK)
    canvas.text((150, 174), "Fields marked with a star are needed.", font=_font(15), fill=MUTED)
    values = {"name": screen.name, "email": screen.email, "team": screen.team, "password": ""}
    labels = {"name": "Full name *", "email": "E-mail *", "team": "Team *", "password": "Password *"}
    for field, (x, y) in FIELDS.items():
        canvas.text((x, y - 24), labels[field], font=_font(15), fill=INK)
        focused = screen.focus == field
        canvas.rounded_rectangle(
            (x, y, x + FIELD_SIZE[0], y + FIELD_SIZE[1]),
            6,
            fill=PAPER,
            outline=BLUE if focused else LINE,
            width=2 if focused else 1,
        )
        canvas.text((x + 12, y + 9), values[field], font=_font(17), fill=INK)
        if focused and field in {"name", "email"}:
            end = x + 14 + canvas.textlength(values[field], font=_font(17))
            canvas.line((end, y + 9, end, y + 29), fill=INK, width=2)
    x, y = FIELDS["password"]
    canvas.rectangle((x + 3, y + 3, x + FIELD_SIZE[0] - 3, y + FIELD_SIZE[1] - 3), fill="#3a3f45")
    canvas.text((x + 410, FIELDS["team"][1] + 8), "v", font=_font(17), fill=MUTED)
    bx, by, bw, bh = BUTTON
    canvas.rounded_rectangle((bx, by, bx + bw, by + bh), 8, fill=BLUE)
    canvas.text((bx + 32, by + 11), "Send request", font=_font(17), fill=PAPER)
    canvas.rounded_rectangle((680, 212, 1130, 470), 10, fill=PALE)
    canvas.text((704, 234), "Before you send", font=_font(19), fill=INK)
    notes = ("Book trains up to 800 km.", "Hotels: see the list of each city.", "Ask your lead for trips over 3 days.")
    for place, line in enumerate(notes):
        canvas.text((704, 276 + place * 32), f"-  {line}", font=_font(16), fill=MUTED)
    if screen.menu_open:
        x, y = FIELDS["team"]
        canvas.rounded_rectangle((x, y + 42, x + FIELD_SIZE[0], y + 42 + 40 * len(TEAMS)), 6, fill=PAPER, outline=LINE)
        for place, team in enumerate(TEAMS):
            top = y + 43 + place * 40
            if place == screen.hovered:
                canvas.rectangle((x + 2, top, x + FIELD_SIZE[0] - 2, top + 38), fill=PALE)
            canvas.text((x + 14, top + 10), team, font=_font(17), fill=INK)


def _draw_list(canvas: ImageDraw.ImageDraw, screen: Screen) -> None:
    canvas.rounded_rectangle((150, 118, 1130, 166), 8, fill="#e3f4ec")
    canvas.text((172, 131), "Your request was sent. You can follow it below.", font=_font(17), fill=GREEN)
    canvas.text((150, 186), "All requests", font=_font(26), fill=INK)
    for place in range(11):
        top = 236 + place * 42
        number = 4201 + place + screen.scroll
        if place % 2 == 0:
            canvas.rectangle((150, top, 1130, top + 41), fill="#eef0f3")
        canvas.text((166, top + 11), f"TR-{number}", font=_font(16), fill=INK)
        canvas.text((300, top + 11), TEAMS[number % 4], font=_font(16), fill=INK)
        canvas.text((520, top + 11), f"{3 + number % 9}. 12. 2026", font=_font(16), fill=MUTED)
        canvas.text((960, top + 11), "open" if number % 3 else "approved", font=_font(16), fill=GREEN)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
