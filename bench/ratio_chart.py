# SPDX-License-Identifier: MIT
"""A bar for each model, on a logarithmic scale from the line of equal speed: to the right where
lampwick is faster, to the left where it is slower. Plain SVG, no library."""
import math
from xml.sax.saxutils import escape

ROW, BAR, TOP, BOTTOM = 20, 13, 92, 34
LABELS, PLOT, VALUES = 210, 520, 172
FASTER, SLOWER, INK, PALE, GRID = "#1d8a78", "#d9772b", "#1f2a30", "#6b7a83", "#e6eaec"
MARKS = [0.1, 0.2, 0.5, 1, 1.5, 2, 3, 5, 10, 20, 50, 100]
STYLE = ("text{font-family:'Inter','Segoe UI','Helvetica Neue',Arial,sans-serif;font-size:12px;"
         f"fill:{INK}}}.pale{{fill:{PALE}}}.title{{font-size:18px;font-weight:600}}"
         ".number{font-variant-numeric:tabular-nums}")


def milliseconds(value):
    return f"{value:.{max(0, 2 - math.floor(math.log10(value)))}f}"


def text(x, y, content, style="", anchor="start"):
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(content)}</text>'


def scale(rows):
    """Maps a ratio to a place on the picture."""
    low = math.log(min([0.8] + [r[1] for r in rows])) - 0.1
    high = math.log(max([2.2] + [r[1] for r in rows])) + 0.1
    return lambda ratio: LABELS + PLOT * (math.log(ratio) - low) / (high - low)


def grid(place, bottom):
    parts = []
    for mark in MARKS:
        x = place(mark)
        if LABELS <= x <= LABELS + PLOT:
            colour = PALE if mark == 1 else GRID
            parts.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom}" '
                         f'stroke="{colour}"/>')
            parts.append(text(x, TOP - 12, f"{mark:g}×", "pale", "middle"))
    return parts


def bar(place, y, row):
    name, ratio, mine, theirs = row
    start, end = sorted((place(1), place(ratio)))
    return [text(LABELS - 10, y + BAR - 2, name, "", "end"),
            f'<rect x="{start:.1f}" y="{y}" width="{max(1, end - start):.1f}" height="{BAR}" '
            f'rx="2" fill="{FASTER if ratio >= 1 else SLOWER}"/>',
            text(LABELS + PLOT + 8, y + BAR - 2, f"{ratio:.2f}×", "number"),
            text(LABELS + PLOT + VALUES, y + BAR - 2,
                 f"{milliseconds(mine)} / {milliseconds(theirs)} ms", "pale number", "end")]


def draw(rows, mean, names, threads):
    rows = sorted(rows, key=lambda r: -r[1])
    width, bottom = LABELS + PLOT + VALUES + 16, TOP + ROW * len(rows)
    place, height = scale(rows), bottom + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             f'width="{width}" height="{height}"><style>{STYLE}</style>',
             f'<rect width="{width}" height="{height}" fill="#fff"/>',
             text(16, 32, f"{names[0]} against {names[1]}, {threads} "
                          f"thread{'s' * (threads > 1)}", "title"),
             text(16, 53, f"how many times as fast {names[0]} is; geometric mean {mean:.2f}×",
                  "pale"), *grid(place, bottom)]
    for index, row in enumerate(rows):
        parts += bar(place, TOP + ROW * index + 4, row)
    x = place(mean)
    parts.append(f'<line x1="{x:.1f}" y1="{TOP - 6}" x2="{x:.1f}" y2="{bottom + 4}" '
                 f'stroke="{INK}" stroke-dasharray="3 3"/>')
    parts.append(text(x, bottom + 20, f"geometric mean {mean:.2f}×", "", "middle"))
    return "\n".join(parts) + "\n</svg>\n"
