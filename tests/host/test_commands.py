"""The command line as a whole: its table of commands, its help, its completion, and what it says to who types nothing."""

from __future__ import annotations

import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from mallee import cli
from mallee.cli.app import make_app
from mallee.cli.commands import COMMANDS, Command
from mallee.pod.document import Event
from mallee.pod.looking import Port, Sight, advice
from mallee.pod.why.store import DecisionStore
from msgspec.structs import replace

from .commanding import Ran, commands
from .documents import document
from .peers_in_thread import peers_in_thread, write_pod_file

FOLDER = Path(cli.__file__).parent
EXAMPLES = [(command, example) for command in COMMANDS for example in command.examples]


@pytest.fixture
def mallee(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ran]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mallee.cli.look.usb_ports", list)
    return commands(capsys)


def test_every_module_that_registers_has_a_row_and_every_row_a_module() -> None:
    modules = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^def register\(", path.read_text(), re.M)}
    modules.remove("scenarios")  # it registers with `sim`
    assert {command.home.rpartition(".")[2] for command in COMMANDS} == modules
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    assert all(len(command.summary) <= 75 and not command.summary.endswith(".") for command in COMMANDS)


@pytest.mark.parametrize(("command", "example"), EXAMPLES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_example_is_a_command_line_that_is_understood(command: Command, example: str, tmp_path: Path) -> None:
    words = shlex.split(example.partition(" > ")[0])
    assert words[:2] == ["mallee", command.name]
    make_app(words[1:]).parse_args(words[1:], exit_on_error=False, print_error=False)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_help_leads_with_examples(mallee: Callable[..., Ran], command: Command) -> None:
    ran = mallee(command.name, "--help")
    head, _, rest = ran.out.partition("Usage:")
    words = " ".join(head.split())
    assert ran.code == 0 and "Exit codes:" in rest and "Examples:" in head
    assert all(" ".join(example.split()) in words for example in command.examples)


def test_help_imports_no_command_and_no_modbus() -> None:
    code = (
        "import sys\nfrom mallee.cli.app import main\nmain(['--help'])\n"
        "found = [n for n in sys.modules if n.startswith(('pymodbus', 'mallee.pod', 'mallee.link', 'textual', 'httpx'))]\n"
        "assert not found, found\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(f" {command.name} " in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_completion_script_is_one(mallee: Callable[..., Ran], shell: str) -> None:
    ran = mallee("completion", shell)
    assert ran.code == 0 and "__complete" in ran.out
    if shutil.which(shell) and shell in ("bash", "zsh"):
        assert subprocess.run([shell, "-n"], input=ran.out, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        (("get", ""), {"skid-1", "pdu-b4"}, {"rack-1"}),
        (("get", "skid-1", ""), {"supply_temperature"}, {"branch.1.power"}),
        (("set", "pdu-a1", ""), {"branch_switch.3"}, {"supply_temperature"}),
        (("set", "pdu-a1", "branch_switch.3", ""), set(), {"branch_switch.3"}),
        (("why", "ra"), {"rack-1"}, {"rack-1.permit"}),
        (("why", "rack-1."), {"rack-1.permit", "rack-1.power_limit"}, {"skid-1"}),
        (("why", "skid-1."), {"skid-1.flow"}, {"rack-1"}),
        (("watch", ""), {"skid-1", "pdu-b4"}, {"rack-1"}),
        (("watch", "skid-1", ""), {"flow", "pump_speed.2"}, {"branch.1.power"}),
        (("watch", "pdu-a1", "power", ""), {"branch.1.power"}, {"flow"}),
        (("plot", ""), {"skid-1.", "pdu-b4."}, {"rack-1", "rack-1."}),
        (("plot", "skid-1."), {"skid-1.flow", "skid-1.pump_speed.2"}, {"skid-1.branch.1.power", "pdu-a1."}),
        (("plot", "skid-1.flow", "pdu-a1.br"), {"pdu-a1.branch.1.power"}, {"skid-1.flow"}),
        (("export", "pdu-a1."), {"pdu-a1.power"}, {"pdu-a1.flow"}),
        (("history", "gaps", ""), {"skid-1"}, set()),
        (("history", "energy", "pdu-a1."), {"pdu-a1.energy"}, set()),
        (("alarms", "ack", ""), {"skid-1", "feed A"}, set()),
        (("alarms", "ack", "skid-1", ""), {"flow_low"}, {"overload_trip.1"}),
        (("describe", ""), {"pod", "pdu", "skid-1"}, set()),
        (("describe", "pump", ""), {"flow"}, {"branch.1.power"}),
    ],
)
def test_the_shell_is_told_names_of_the_pod(mallee: Callable[..., Ran], words, wanted, unwanted) -> None:
    told = {line.partition("\t")[0] for line in mallee("__complete", *words).out.splitlines()}
    assert wanted <= told and not unwanted & told


def test_without_a_command_it_says_what_to_do_next(mallee: Callable[..., Ran]) -> None:
    ran = mallee()
    assert ran.code == 0 and "nothing runs here" in ran.out and "mallee demo" in ran.out and "--help" in ran.err


def test_without_a_command_a_pod_that_answers_is_seen(mallee: Callable[..., Ran], tmp_path: Path) -> None:
    with peers_in_thread() as peers:
        write_pod_file(peers.pod.config, tmp_path / "pod.toml")
        ran = mallee()
    said = " ".join(ran.out.split())
    assert "3 of 3 controllers answer, and no host runs here" in said and "mallee run" in said


def test_without_a_command_a_wrong_pod_file_is_named(mallee: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "pod.toml").write_text("[pod]\nnmae = 'x'\n")
    ran = mallee()
    assert (
        ran.code == 0
        and "the pod file is wrong" in ran.out
        and "unknown key 'nmae'" in ran.out
        and "mallee config check" in ran.out
    )


def test_advice_puts_alarms_first_and_names_ports() -> None:
    found = document()
    with_pod = Sight(_config(), Path("pod.toml"), False, found, of_host=True)
    told = advice(with_pod._replace(ports=[Port("/dev/ttyUSB0", "CP2102", False), Port("/dev/ttyACM0", "Pico", True)]))
    assert [line.next.split()[1] for line in told if line.next][-2:] == ["scan", "flash"]
    assert told[0].next == ("mallee alarms" if found.alarms else "mallee watch")
    calm = advice(with_pod._replace(document=replace(found, alarms=(), role="standby")))
    assert calm[0].next == "mallee watch" and "stands by for" in calm[0].seen


def _config():
    from mallee.pod.loader import load_pod

    from ..conftest import ROOT

    return load_pod(ROOT / "examples" / "pod.toml")


def test_a_host_that_runs_is_seen(mallee: Callable[..., Ran], tmp_path: Path) -> None:
    from mallee.paths import pod_state_dir

    from ..conftest import ROOT

    shutil.copy(ROOT / "examples" / "pod.toml", tmp_path / "pod.toml")
    config = _config()
    store = DecisionStore(pod_state_dir(config.pod.name, config.pod.host_id))
    store.open()
    store.publish(document())
    ran = mallee()
    said = " ".join(ran.out.split())
    assert f"host {document().host_id} controls" in said and "mallee watch" in said
    os.utime(store.folder / "document.json", (0, 0))
    assert "nothing runs here" in " ".join(mallee().out.split())


def test_a_log_in_json_is_an_event_a_line(mallee: Callable[..., Ran], tmp_path: Path) -> None:
    with peers_in_thread() as peers:
        write_pod_file(peers.pod.config, tmp_path / "pod.toml")
        ran = mallee("run", "--for", "1200ms", "--log", "json", "-o", "csv")
        assert ran.code == 2
        assert msgspec.json.decode(ran.err)["code"] == 2  # the error's twin
        ran = mallee("run", "--for", "1200ms", "--log", "json")
    events = [msgspec.json.decode(line, type=Event, strict=True) for line in ran.err.splitlines()]
    assert ran.code == 0 and {"master", "leased"} <= {event.kind for event in events}


def test_what_the_library_says_is_a_note(mallee: Callable[..., Ran]) -> None:
    assert mallee("config", "show", "pod").code == 0
    logging.getLogger("mallee.device").warning("the dictionary of %s is older", "skid-9")
    mallee_log = logging.getLogger("mallee")
    assert not mallee_log.propagate and len(mallee_log.handlers) == 1
