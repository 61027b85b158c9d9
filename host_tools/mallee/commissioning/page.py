"""The protocol as a page to print: one HTML file that needs nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from .model import Result, Step, Value, commanded, holds, in_words
from .protocol import Person, Protocol
from .stock import table

_STYLE = """
body { font: 10pt/1.35 sans-serif; margin: 2em; color: #111 }
table { border-collapse: collapse; width: 100%; margin: .4em 0 1.2em }
th, td { border: 1px solid #999; padding: .2em .5em; text-align: left; vertical-align: top }
th { background: #eee } tr { page-break-inside: avoid } h2 { page-break-after: avoid; margin-bottom: 0 }
.failed { background: #f8d0d0; font-weight: bold } .declined, .skipped { background: #f6f0c8 }
code { font-size: 9pt; overflow-wrap: anywhere } .sign td { height: 3.5em; width: 33% }
"""


def page(protocol: Protocol, sha256: str) -> str:
    results = {result.step: result for result in protocol.results}
    count = ", ".join(f"{number} {verdict}" for verdict, number in protocol.counts.items() if number)
    parts = [
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
        f"<title>Acceptance of {escape(protocol.pod)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Acceptance of {escape(protocol.pod)}</h1>",
        f"<p>{escape(protocol.began)} to {escape(protocol.finished)}, mallee {escape(protocol.mallee)}. "
        f"<b>{escape(count)}</b> of {len(protocol.plan)} steps.</p>",
        f"<p>SHA-256 of the protocol: <code>{sha256}</code></p>",
        "<table><tr><th>by</th><th>steps</th><th>first</th><th>last</th></tr>",
        *(_person(person) for person in protocol.who),
        "</table>",
    ]
    if protocol.found:
        parts.append(
            "<h2>Found</h2><table><tr><th>controller</th><th>at</th><th>was</th><th>verdict</th><th>note</th></tr>"
        )
        parts += [_found(row) for row in table(protocol.found)]
        parts.append("</table>")
    devices = dict.fromkeys(step.device for step in protocol.plan)
    for device in devices:
        serial = protocol.serials.get(device, "")
        parts.append(f"<h2>{escape(device)}</h2>" + (f"<p>Serial number {escape(serial)}</p>" if serial else ""))
        parts.append(
            "<table><tr><th>step</th><th>commanded</th><th>expected and measured</th><th>verdict</th><th>when</th></tr>"
        )
        parts += [_row(step, results.get(step.id)) for step in protocol.plan if step.device == device]
        parts.append("</table>")
    parts.append(
        "<table class='sign'><tr><td>Place, date</td><td>Commissioned by</td><td>Accepted by</td></tr></table>"
    )
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _person(person: Person) -> str:
    cells = (person.who, str(person.steps), person.first, person.last)
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _found(row: Mapping[str, object]) -> str:
    return (
        f"<tr class='{row['verdict']}'>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row.values()) + "</tr>"
    )


def _row(step: Step, result: Result | None) -> str:
    verdict = "open" if result is None else result.verdict
    written = "<br>".join(escape(commanded(write)) for write in (*step.first, *step.do))
    written += f"<br>a lease of {step.lease_s} s, not renewed" if step.lease_s else ""
    measured = "<br>".join(_measured(step, {} if result is None else result.measured))
    note = "" if result is None or not result.note else f"<br><i>{escape(result.note)}</i>"
    when = "" if result is None else f"{escape(result.time)}<br>{escape(result.who)}"
    return (
        f"<tr><td>{escape(step.title)}</td><td>{written}</td><td>{measured}{note}</td>"
        f"<td class='{verdict}'>{verdict}</td><td>{when}</td></tr>"
    )


def _measured(step: Step, values: dict[str, Value]) -> Iterator[str]:
    told = {limit.point for limit in step.expect}
    for limit in step.expect:
        known = limit.point in values
        mark = "" if not known or step.kind == "eyes" or holds(limit, values[limit.point]) else " ✗"
        yield escape(in_words(limit) + (f": {_shown(values[limit.point])}{mark}" if known else ""))
    yield from (escape(f"{name}: {_shown(value)}") for name, value in values.items() if name not in told)


def _shown(value: Value) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
