"""Render docs/modbus.md: what the author of a Modbus master must know of the controllers' server.

Numbers and lists come from the firmware's source (deploy.facts), the dictionary and the boards; the text around them is
modbus.template.md. A function code, sub-function or object of the firmware that modbus_words lacks is an error, not an omission.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from ..device.dictionary import Dictionary, Point
from . import board as boards
from .facts import Source, handlers
from .modbus_words import EXCEPTIONS, FUNCTIONS, OBJECTS, SUB_FUNCTIONS

T = TypeVar("T")
TEMPLATE = Path(__file__).with_name("modbus.template.md")


def page(dictionary: Dictionary) -> str:
    points = {point.name: point for point in dictionary.points}
    facts = {
        **_buses(points),
        **_requests(),
        **_registers(points),
        **_lease(points),
        **_identification(),
        **_files(),
    }
    return TEMPLATE.read_text(encoding="utf-8").format(**facts)


def _table(head: str, rows: Iterable[tuple[object, ...]]) -> str:
    lines = [f"| {head} |", "|---" * (head.count("|") + 1) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def _words(words: dict[int, T], code: int, what: str) -> T:
    if code not in words:
        raise LookupError(f"the firmware has {what} {code}, and deploy/modbus_words.py has no words for it: add them")
    return words[code]


def _range(low: int, high: int) -> str:
    return f"{low}–{high}" if high > low else f"{low}"


def _place(point: Point) -> str:
    return _range(point.address, point.end - 1)


def _buses(points: dict[str, Point]) -> dict[str, object]:
    rtu, tcp, choose = Source("core/rtu.py"), Source("core/tcp.py"), Source("core/transport.py")
    found = []
    for board in map(boards.load, boards.names()):
        line = "Modbus RTU on RS-485" if "RS485" in board.data else "none"
        found.append((f"`{board.name}`", "Modbus TCP" if board.capabilities["network"] else line))
    silences = []
    for baud in (9600, 19200, 38400, 57600, 115200):
        times = [rtu.evaluate(rtu.assigned("RtuServer.__init__", f"self._{t}_us"), baud=baud) for t in ("t15", "t35")]
        silences.append((baud, *(f"{us / 1000:.3f} ms" for us in times)))
    settings = [points[name] for name in ("reply_delay", "gap_limit", "strict_gap")]
    return {
        "boards": _table("board | bus", found),
        "highest_unit": rtu.most("_frame", "unit"),
        "any_unit": " and ".join(map(str, sorted(tcp.equals("_frames", "unit")))),
        "baud": choose.fallback("choose", "BAUD"),
        "framing": choose.fallback("choose", "FRAMING"),
        "framings": ", ".join(rtu.constants["_FRAMINGS"]),
        "rtu_bytes": Source("core/rtuframes.py").constants["ADU_MAX"],
        "silence": _table("baud | 1.5 characters | 3.5 characters", silences),
        "line_settings": _table(
            "address | name | limits | default | meaning",
            [
                (
                    p.address,
                    f"`{p.name}`",
                    f"{p.low:g} … {p.high:g} {p.unit}".strip(),
                    f"{p.default:g}",
                    " ".join(p.meaning.split()),
                )
                for p in settings
            ],
        ),
        "clients": tcp.default("TcpServer.__init__", "clients"),
        "idle_s": tcp.constants["IDLE_MS"] // 1000,
        "tcp_length": _range(*tcp.limits("_frames", "length")),
        "tcp_bytes": tcp.constants["_ADU_MAX"],
    }


def _requests() -> dict[str, object]:
    server, diagnostics = Source("core/modbus.py"), Source("core/diagnostics.py")
    words = {
        "log": diagnostics.constants["_LOG_MAX"],
        "mei": Source("core/identification.py").constants["_READ_DEVICE_ID"],
    }
    functions = []
    for code, (path, name) in sorted(handlers().items()):
        title, what, limit, bounded = _words(FUNCTIONS, code, "function code")
        limits = [_range(*Source(path).limits(name, variable)) for variable in bounded]
        functions.append((code, title, what.format(**words), limit.format(*limits, **words)))
    codes = {**server.constants, "BUSY": Source("core/controller.py").constants["BUSY"]}
    on_a_line, anywhere = diagnostics.constants["ON_A_LINE"], diagnostics.constants["ANYWHERE"]
    sub_functions = []
    for code in sorted((*on_a_line, *anywhere)):
        title, what = _words(SUB_FUNCTIONS, code, "sub-function")
        sub_functions.append((code, title, "exception 01" if code in on_a_line else "as on a line", what))
    return {
        "functions": _table("code | name | here | limit", functions),
        "exceptions": _table("code | name | when", [(f"{codes[name]:02}", *text) for name, text in EXCEPTIONS.items()]),
        "sub_functions": _table("sub-function | name | over TCP | here", sub_functions),
    }


def _registers(points: dict[str, Point]) -> dict[str, object]:
    controller, together = Source("core/controller.py").constants, Source("core/together.py").constants
    common = Source("maps/common.py").constants
    reset_all = Source("core/alarms.py").constants["RESET_ALL"]
    commit, reset, clock = points["commit"], points["reset_latch"], points["set_clock"]
    magic, command, number = (points[f"broadcast_{name}"] for name in ("magic", "command", "latch_number"))
    choices = {choice.name: choice.value for choice in command.choices}
    seconds = "seconds since 1970-01-01 UTC"
    return {
        "regulation_ms": controller["REGULATION_MS"],
        "refusal": points["refusal"].address,
        "refusals": _table(
            "value | name | meaning",
            [(c.value, c.name, " ".join(c.meaning.split())) for c in points["refusal"].choices],
        ),
        "commands": _table(
            "address | name | word",
            [
                (
                    _place(commit),
                    "`commit`",
                    f"0x{controller['COMMIT']:X}: keep settings and local set-points in flash",
                ),
                (
                    _place(reset),
                    "`reset_latch`",
                    f"code of a latched alarm whose condition has gone, or 0x{reset_all:X}: all",
                ),
                (_place(clock), "`set_clock`", f"{seconds}: set the clock"),
            ],
        ),
        "block": _range(magic.address, magic.address + together["_COUNT"] - 1),
        "block_function": together["_WRITE_REGISTERS"],
        "block_fields": _table(
            "register | content",
            [
                (_place(magic), f"0x{common['MAGIC']:04X}"),
                (_place(command), f"{choices['latch']}: latch; {choices['set_clock']}: set the clock"),
                (_place(number), "of a latch: any number, which comes back in `latch_number`"),
                (_place(points["broadcast_clock"]), f"of the clock: {seconds}"),
            ],
        ),
        "latched": common["LATCHED"],
        "latch": points["latch_number"].address,
    }


def _lease(points: dict[str, Point]) -> dict[str, object]:
    holder, epoch, seconds = (points[f"remote_{name}"] for name in ("holder", "epoch", "seconds"))
    hold = points["lease_hold"]
    fields = [
        (_place(holder), "number of the master, of its own choice; 0 gives the lease back"),
        (_place(epoch), "epoch: above `lease_epoch` to take a free lease, the same to renew it"),
        (_place(seconds), f"seconds that it lasts, at most {seconds.high:g}"),
        (f"{seconds.end} and up", "the remote set-points of the profile"),
    ]
    return {
        "lease": holder.address,
        "lease_fields": _table("register | content", fields),
        "lease_end": seconds.end - 1,
        "epoch_jump": f"{Source('core/lease.py').constants['_JUMP']:,}",
        "lease_hold": f"{hold.address}, {hold.default:g} s by default",
        "lease_state": _range(points["lease_state"].address, points["lease_remaining"].end - 1),
    }


def _identification() -> dict[str, object]:
    numbers = Source("core/controller.py").returned_keys("_objects")
    source = Source("core/identification.py")
    last = source.assigned("identify", "last")
    levels = {f"level_{level}": f"0x{source.evaluate(last, level=level):02X}" for level in (1, 2, 3)}
    return {
        **levels,
        "conformity": f"0x{source.constants['_CONFORMITY']:02X}",
        "server_id": Source("core/modbus.py").default("Server.__init__", "server_id").decode(),
        "objects": _table("object | name | content", [(f"0x{n:02X}", *_words(OBJECTS, n, "object")) for n in numbers]),
    }


def _files() -> dict[str, object]:
    files, records = Source("core/files.py").constants, Source("core/filerecords.py").constants
    rows = [
        (
            _range(files["DICTIONARY"], files["DIRECTORY"] - 1),
            "the dictionary: names, units, limits, meanings; deflated CBOR",
        ),
        (files["DIRECTORY"], "the directory: which files there are"),
        (files["JOURNAL"], "the journal: what happened, as a ring"),
        (files["RECORDING"], "the flight recorder, where there is one: fast samples around a trip"),
        (files["UPDATE"], "the manifest of an update, which is written (FC21) while one is under way"),
        (f"{files['UPDATE'] + 1} and up", "the file of an update that comes next, likewise"),
    ]
    return {
        "reference_type": records["_REFERENCE_TYPE"],
        "last_record": records["_RECORD_MAX"],
        "pdu_bytes": records["_PDU_MAX"],
        "files": _table("file | content", rows),
        "head_records": files["_HEAD"] // 2,
        "file_bytes": f"{files['_FILE_BYTES']:,}",
    }
