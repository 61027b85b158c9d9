"""Whether a controller can be reached, and whether it is the one that was meant. Pure."""

from __future__ import annotations

from ..link.address import SerialAddress, parse_address
from ..pod.config import Controller
from ..reading import Quality
from .evidence import Evidence, Stage
from .finding import Finding
from .naming import Facts, Likely, found, named, unknown, well
from .time_checks import restarts_seen

_NOT_REACHED: dict[Stage, str] = {
    "address": "its address leads nowhere",
    "port": "there is no connection",
    "unit": "it does not answer",
    "map": "it is not what was expected",
    "others": "nothing was asked: another master talks on its line",
    "heard": "the host that runs here has its line",
}
HALF = 0.5


NOBODY_LISTENS = Likely(
    "the controller runs no server there, or another port was meant",
    "compare address and port with the pod file; look at the controller's lamps and console; `mallee scan HOST` looks around",
    "another port of that computer accepts, or none does",
)
NO_HOST = Likely(
    "the controller is off, or the network to it is broken",
    "look at its supply, at the link lamps of both ends of its cable, and for a firewall in between",
    "ping the address from here and from beside the controller",
)
WRONG_ADDRESS = Likely("the address is wrong", "correct it in the pod file; `mallee scan` finds who answers")
NO_PORT = Likely(
    "the adapter is not plugged in, has another name, or another program has it",
    "`ls /dev/serial/by-id` shows adapters; end the other program; `mallee doctor PORT` examines the line",
)


@named("port", NOBODY_LISTENS, NO_HOST, WRONG_ADDRESS, NO_PORT)
def port(evidence: Evidence) -> Finding:
    """Whether a connection, or the serial port, can be opened at all."""
    address, why = evidence.entry.address, "" if evidence.error is None else evidence.error.message
    if evidence.stage == "address":
        return found("fail", why, WRONG_ADDRESS.because("nothing can be asked there"), certain=True)
    if evidence.stage != "port":
        return well(f"{address} is open", {"connections": evidence.asked.connections})
    if isinstance(parse_address(address), SerialAddress):
        return found("fail", why, NO_PORT.because("the port cannot be opened"))
    causes = [NO_HOST.because("nobody took the connection"), WRONG_ADDRESS.because("nobody is there")]
    if "refused" in why.lower():
        causes = [NOBODY_LISTENS.because("the computer at that address refused the connection at once"), causes[1]]
    return found("fail", why, *causes)


NOT_HEARD = Likely(
    "the controller is off or hangs, its wires are off, or it has another address",
    "look at its supply and its wires; stop the host, and run this again: the line itself is examined then",
)
DISBELIEVED = Likely(
    "what it says cannot be true",
    "`mallee alarms` has the evidence (docs/quarantine.md)",
    "a look at the controller itself",
)


@named("host", NOT_HEARD, DISBELIEVED)
def host(evidence: Evidence) -> Finding:
    """In place of the four above, of a controller on a serial line that a host of this pod has, which runs here: nothing is sent
    on that line. Whether the host hears it; what the host reads each scan is all that is known, and other checks are left out."""
    if evidence.error is not None:
        because = evidence.error.message or "it says nothing to the host"
        return found("fail", "the host that runs here does not hear it", NOT_HEARD.because(because))
    if not evidence.looks:
        return unknown("the host that runs here says nothing of it")
    last = evidence.looks[-1].values
    if any(reading.quality is Quality.QUARANTINED for reading in last.values()):
        return found("fail", "the host that runs here does not believe it", DISBELIEVED.because("it is in quarantine"))
    return well(
        f"the host that runs here has its line and hears it: {len(evidence.looks)} scans in {evidence.seconds:.0f} s"
    )


LOSES = Likely(
    "the network loses or delays what is sent",
    "look for a bad cable, a loop, or a port at half duplex; look at the switch's counters",
    "ask from beside the controller",
)
LINE_LOSES = Likely(
    "the serial line damages or loses frames",
    "`mallee doctor PORT` examines the line: termination, bias, noise, two units with one address",
    "the unit alone on a short cable",
)
BUSY = Likely(
    "the controller is too busy to answer in time",
    "look at loop_worst_lateness and bus_messages; take masters off that ask too much",
    "the same with no other master connected",
)


@named("line", LOSES, LINE_LOSES, BUSY)
def line(evidence: Evidence) -> Finding:
    """Whether what is asked is answered: losses and round trips of all that was asked here."""
    asked = evidence.asked
    facts: Facts = {
        "requests": asked.requests, "lost": asked.lost, "damaged": asked.damaged, "connections": asked.connections,
        "rtt_p50_ms": _rounded(asked.rtt_p50_ms), "rtt_p99_ms": _rounded(asked.rtt_p99_ms),
    }  # fmt: skip
    if evidence.stage in ("address", "port", "unit", "others"):
        return unknown(f"not checked: {_NOT_REACHED[evidence.stage]}", facts)
    trips = (
        f"half of the answers within {asked.rtt_p50_ms or 0:.0f} ms, nearly all within {asked.rtt_p99_ms or 0:.0f} ms"
    )
    if not asked.lost and not asked.damaged:
        return well(f"{asked.requests} requests, none lost; {trips}", facts)
    if restarts_seen(evidence):
        return unknown(f"{asked.lost} of {asked.requests} requests were lost, and it started anew meanwhile", facts)
    seen = f"{asked.lost} of {asked.requests} requests had no answer; {trips}"
    serial = isinstance(parse_address(evidence.entry.address), SerialAddress)
    first = (LINE_LOSES if serial else LOSES).because(f"{asked.lost} lost, {asked.damaged} damaged")
    state = "fail" if asked.lost > HALF * asked.requests else "warn"
    return found(state, seen, first, BUSY.because("it answers, though not always"), evidence=facts)


SILENT = Likely(
    "it has another unit address, or the unit behind a gateway is off",
    "`mallee scan` finds units; compare with the pod file",
)
HANGS = Likely(
    "its firmware hangs", "its watchdog starts it anew within 9 s; look at its console", "it answers a while later"
)
TWO_NAMES = Likely("two names in the pod file lead to one controller", "give each its own address in the pod file", "")
NAMES_SWAPPED = Likely(
    "addresses in the pod file are mixed up, or the board is another one's",
    "compare names and addresses with `mallee scan`; correct the pod file, or the name on the board (`mallee flash --name`)",
)


@named("address", SILENT, HANGS, TWO_NAMES, NAMES_SWAPPED)
def address(evidence: Evidence) -> Finding:
    """Whether the unit answers, is named as the pod file has it, and is no other entry's controller as well."""
    if evidence.stage in ("address", "port", "others"):
        return unknown(f"not checked: {_NOT_REACHED[evidence.stage]}")
    entry, identity = evidence.entry, evidence.identity
    if evidence.stage == "unit":
        why = "" if evidence.error is None else evidence.error.message
        return found("fail", why, SILENT.because("the connection is there"), HANGS.because("the connection is there"))
    if identity is None:
        return well(f"unit {entry.unit} answers")
    said = f"unit {entry.unit} answers, and is {identity.name or 'nameless'}, serial number {identity.serial_number or '?'}"
    if _other_profile(evidence):
        return well(said)  # the next check has more to say
    twin = next((name for name, other in evidence.beside.items() if _same_board(evidence, other)), None)
    if twin is not None:
        cause = TWO_NAMES.because(f"{twin} has the same serial number, {identity.serial_number}")
        return found("fail", f"it is {twin} as well", cause, certain=True)
    if evidence.config is not None and identity.name and identity.name != entry.name:
        meant = _named(evidence, identity.name)
        cause = NAMES_SWAPPED.because(f"it calls itself {identity.name}" + (", a name of this pod" if meant else ""))
        return found("fail" if meant else "warn", f"{entry.name} calls itself {identity.name}", cause)
    return well(said)


def _same_board(evidence: Evidence, other: Evidence) -> bool:
    one, two = evidence.identity, other.identity
    return (
        one is not None and two is not None and one.serial_number is not None and one.serial_number == two.serial_number
    )


def _named(evidence: Evidence, name: str) -> Controller | None:
    members = () if evidence.config is None else evidence.config.members
    return next((member for member in members if member.name == name), None)


def _other_profile(evidence: Evidence) -> bool:
    return evidence.identity is not None and evidence.profile is not None and evidence.kind != evidence.profile


OTHERS_ADDRESS = Likely(
    "the address is another controller's",
    "correct the addresses in the pod file: `mallee scan HOST --write FILE` writes one from what answers",
)
OTHER_FIRMWARE = Likely(
    "the board was flashed for other equipment", "flash it with the right profile: `mallee flash --profile …`"
)
NOT_OURS = Likely(
    "another make's device has this address",
    "correct the address, or give the device a map file: [[device]] with `map` (docs/devices.md)",
)
NO_MAP = Likely(
    "its firmware does not bring the map that it names",
    "flash the controller again, or use the release of mallee that its firmware came with",
)
OTHER_MAJOR = Likely(
    "firmware and this program are of different major releases",
    "use a release of mallee whose maps have that major number, or flash the controller with this one's",
)


@named("map", OTHERS_ADDRESS, OTHER_FIRMWARE, NOT_OURS, NO_MAP, OTHER_MAJOR)
def map_(evidence: Evidence) -> Finding:
    """Whether its registers are those that the pod file and this program take them for: profile, version and hash of its
    map; of a device of another make, whether its map file fits it."""
    if evidence.stage in ("address", "port", "unit", "others"):
        return unknown(f"not checked: {_NOT_REACHED[evidence.stage]}")
    identity = evidence.identity
    if identity is None:
        if evidence.stage == "done":
            title = "" if evidence.dictionary is None else evidence.dictionary.profile
            return well(f"its map file fits: it is a {title}")
        error = evidence.error
        cause = NOT_OURS.because("" if error is None else error.likely)
        return found("fail", "it answers, and is not what was expected" if error is None else error.message, cause)
    version = f"{identity.map_version[0]}.{identity.map_version[1]}"
    facts: Facts = {"profile": identity.profile, "map": version, "hash": f"{identity.dictionary_hash:016x}"}
    if _other_profile(evidence):
        seen = f"a {identity.profile} answers where the pod file has a {evidence.profile}"
        other = None if identity.name is None else _named(evidence, identity.name)
        if other is not None and other.name != evidence.entry.name:
            cause = OTHERS_ADDRESS.because(f"it calls itself {other.name}, which the pod file has at {other.address}")
            return found("fail", seen, cause, certain=True, evidence=facts)
        firmware = OTHER_FIRMWARE.because(f"it calls itself {identity.name}, and is a {identity.profile}")
        elsewhere = OTHERS_ADDRESS.because("its name is none of the pod file's")
        causes = (firmware, elsewhere) if other is not None else (elsewhere, firmware)
        return found("fail", seen, *causes, evidence=facts)
    if evidence.stage == "map":
        why = "" if evidence.error is None else evidence.error.message
        first = OTHER_MAJOR if identity.map_version[0] != 1 else NO_MAP
        return found("fail", why, first.because(f"its map is {version}"), evidence=facts)
    return well(f"a {identity.profile} with firmware {identity.firmware}, map {version}", facts)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
