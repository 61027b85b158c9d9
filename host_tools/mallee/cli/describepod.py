"""`mallee describe pod`: what feeds what and what cools what, from the pod file; with --live also what is measured there."""

from __future__ import annotations

from pathlib import Path

from .. import clock
from ..errors import ExitCode
from ..pod.document import PodDocument
from ..pod.runner import scan_once
from ..pod.topology import svg, tree
from ..pod.topology.live import node_states
from ..pod.topology.physics import disagreements
from ..ui.topology import render
from .believing import quarantined
from .common import Context
from .output import emit, plain
from .picturing import write_picture

COLUMNS = ("kind", "name", "limit", "unit", "priority", "fed_by", "cooled_by")
LIVE_COLUMNS = (*COLUMNS, "power_kW", "load", "flow_l_min", "word")


def describe_pod(context: Context, picture: Path | None, live: bool) -> int:
    """The tree, or rows; the picture beside it. Asks no controller unless `live`."""
    config = context.pod()
    document = None
    if live:
        document = clock.run(scan_once(config, timeout_s=context.timeout_s, quarantined=quarantined(config)))
    found = () if document is None else disagreements(config, document)
    findings = tuple(each.finding() for each in found)
    states = {} if document is None else node_states(document, found)
    notes = [f"{finding.where}: {finding.what}" for finding in findings]
    if picture is not None:
        write_picture(picture, svg.svg_of(config, states, notes=notes))
        context.note(f"picture: {picture}")
    if context.output == "table":
        context.out.print(render(tree.tree_of(config, states)))
        for note in notes:
            context.out.print(note, style="yellow", markup=False)
    else:
        rows = tree.rows_of_graph(config, states)
        if context.output == "csv":
            rows = [{key: plain(value) for key, value in row.items()} for row in rows]
        emit(context.out, context.output, rows, LIVE_COLUMNS if live else COLUMNS)
        for note in notes:
            context.note(note)
    return _exit_code(document, bool(findings))


def _exit_code(document: PodDocument | None, findings: bool) -> int:
    if document is not None and not any(member.answering for member in document.members):
        return ExitCode.NO_ANSWER
    return ExitCode.FINDINGS if findings else ExitCode.DONE
