"""Plots: bars for the model card, as SVG written by hand.

Enters: names, values, a target each. Leaves: an SVG file. Never here: measuring.
"""

from xml.sax.saxutils import escape

WIDTH, LEFT, BAR, GAP, TOP = 720, 190, 20, 12, 54
GOOD, BAD, INK, PALE = "#2f7d4f", "#b4552d", "#222", "#999"


def bars(path, title, unit, rows, lower_is_better=True):
    """`rows` of (name, value, target or None); a bar is green where it meets its target."""
    most = max([value for _, value, _ in rows] + [target or 0 for *_, target in rows] + [1e-9]) * 1.15
    height = TOP + len(rows) * (BAR + GAP) + 30

    def x(value):
        return LEFT + value / most * (WIDTH - LEFT - 90)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
           f'<text x="12" y="26" font-size="16" fill="{INK}">{escape(title)}</text>']
    for index, (name, value, target) in enumerate(rows):
        y = TOP + index * (BAR + GAP)
        met = target is None or (value <= target if lower_is_better else value >= target)
        out.append(f'<text x="{LEFT - 10}" y="{y + 15}" text-anchor="end" fill="{INK}">{escape(name)}</text>')
        out.append(f'<rect x="{LEFT}" y="{y}" width="{x(value) - LEFT:.1f}" height="{BAR}" fill="{GOOD if met else BAD}"/>')
        out.append(f'<text x="{x(value) + 6:.1f}" y="{y + 15}" fill="{INK}">{value:.1f} {escape(unit)}</text>')
        if target is not None:
            out.append(f'<line x1="{x(target):.1f}" x2="{x(target):.1f}" y1="{y - 3}" y2="{y + BAR + 3}" stroke="{INK}" stroke-dasharray="3 2"/>')
    out.append(f'<text x="{LEFT}" y="{height - 10}" fill="{PALE}">dashed: the target</text></svg>')
    path.write_text("\n".join(out) + "\n")
