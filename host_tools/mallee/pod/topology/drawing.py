"""The few shapes of a topology picture, and how they look. Pure."""

from __future__ import annotations

from xml.sax.saxutils import escape

STYLE = """
text { font-family: system-ui, "DejaVu Sans", "Helvetica Neue", Arial, sans-serif; fill: #1f2328; }
.paper { fill: #ffffff; }
.title { font-size: 18px; font-weight: 600; }
.name { font-size: 13px; font-weight: 600; }
.small { font-size: 11px; fill: #57606a; }
.live { font-size: 12px; }
.note { font-size: 12px; }
.mid { text-anchor: middle; }
.end { text-anchor: end; }
.halo { paint-order: stroke; stroke: #ffffff; stroke-width: 4px; }
.box { fill: #f6f8fa; stroke: #57606a; stroke-width: 1.2; }
.cell { fill: #ffffff; stroke: #8c959f; stroke-width: 1; }
.unused { fill: none; stroke-dasharray: 2 2; }
.bus { stroke: #1f2328; stroke-width: 4; stroke-linecap: round; }
.wire { fill: none; stroke: #57606a; stroke-width: 1.4; }
.dot, .joint { fill: #1f2328; }
.pipe { fill: none; stroke: #57606a; stroke-width: 3; }
.return { stroke-dasharray: 7 4; }
rect.warn { fill: #fff1cc; stroke: #9a6700; }
rect.bad { fill: #ffdcd7; stroke: #b3261e; }
line.warn, path.warn { stroke: #9a6700; }
line.bad, path.bad { stroke: #b3261e; }
text.warn { fill: #7a5200; font-weight: 600; }
text.bad { fill: #b3261e; font-weight: 600; }
"""


def text(x: float, y: float, words: str, kind: str) -> str:
    return f'<text class="{kind.strip()}" x="{x:g}" y="{y:g}">{escape(words)}</text>' if words else ""


def line(x: float, y: float, end_x: float, end_y: float, kind: str) -> str:
    return f'<line class="{kind.strip()}" x1="{x:g}" y1="{y:g}" x2="{end_x:g}" y2="{end_y:g}"/>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind.strip()}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"/>'
