"""House rules that a machine can check: imports run one way, files stay small, boards are data, names are ours."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from ..conftest import FIRMWARE, ROOT

HOST = ROOT / "host_tools" / "mallee"
# Who may import whom inside the firmware; everything else of the firmware is refused.
FIRMWARE_MAY = {
    "maps": {"maps"},
    "slots": set(),
    "core": {"core", "maps", "slots"},
    "drivers": {"drivers", "core", "maps"},
    "pdu": {"pdu", "core", "drivers", "maps"},
    "pump": {"pump", "core", "drivers", "maps"},
    "main": {"core", "pdu", "pump", "slots", "board", "build_info", "equipment", "release"},
}
# One port's own modules, each allowed in the one file that is imported only on that port.
PORT_OWN = {
    "core/tick_pio.py": {"rp2"},
    "core/line_pio.py": {"rp2"},
    "core/ethernet.py": {"network"},
    "drivers/pulses_pio.py": {"rp2"},
    "drivers/pulses_counter.py": {"esp32"},
}
# What a MicroPython board has. build_info and board are written for each controller.
MICROPYTHON = {
    "array", "binascii", "gc", "hashlib", "machine", "math", "micropython", "os", "select", "socket", "struct", "sys", "time",
}  # fmt: skip
# Host packages from the inside out: a package may import itself and what stands before it.
HOST_LAYERS = [
    "errors", "reading", "suggest", "paths", "locking", "clock", "link", "device", "poll", "deploy", "resources", "pod",
    "settings", "api", "sync", "testing", "ui", "diagnosis", "commissioning", "history", "plot", "shift", "web", "sim", "hil",
    "cli", "__main__",
]  # fmt: skip
HOST_EXCEPTIONS = {
    ("deploy", "resources"),  # a build asks where the firmware is
    ("device", "resources"),  # a device looks for its dictionary among the bundled ones
}
WITH_FILES = ("asking", "atomic", "desk", "keeper", "store")
"""Of the alarms and of `why`: the rest of these packages is pure."""
PURE = (
    ["pod/lease.py", "pod/mastership.py", "pod/state.py"]
    + [
        f"pod/{part}/{path.name}"
        for part in ("power", "cooling", "alarms", "topology", "why")
        for path in sorted((HOST / "pod" / part).glob("*.py"))
        if part not in ("alarms", "why") or path.stem not in WITH_FILES
    ]
    + [f"history/report/{name}.py" for name in ("amounts", "counting", "energy", "integrating", "periods")]
)


def imports(path: Path) -> set[str]:
    """Absolute module names that a file imports, at any depth; relative ones are resolved."""
    found = set()
    package = path.relative_to(path.parents[len(path.parents) - 1]).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package[: len(package) - node.level + 1]
                stem = ".".join(base[base.index("mallee") :])
                found |= {f"{stem}.{node.module}"} if node.module else {f"{stem}.{alias.name}" for alias in node.names}
            elif node.module:
                found.add(node.module)
    return found


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


@pytest.mark.parametrize("path", python_files(FIRMWARE), ids=lambda p: str(p.relative_to(FIRMWARE)).replace("/", "-"))
def test_firmware_imports_run_one_way(path):
    room = path.relative_to(FIRMWARE).parts[0].removesuffix(".py")
    own = {child.name.removesuffix(".py") for child in FIRMWARE.iterdir()} | {
        "board",
        "build_info",
        "equipment",
        "release",
    }
    for module in imports(path):
        head = module.split(".")[0]
        if head in own:
            assert head in FIRMWARE_MAY[room], f"{room} must not import {module}"
        else:
            allowed = MICROPYTHON | PORT_OWN.get(path.relative_to(FIRMWARE).as_posix(), set())
            assert head in allowed, f"{module} is not on a controller"
    if room == "maps":
        words = {"maps.common", "maps." + path.stem.split("_")[0]} if "_" in path.stem else set()
        assert (
            imports(path) <= {"maps.fields", "micropython"} | words
        )  # the files of a profile share their enumerations


def test_the_host_never_imports_firmware_or_boards():
    virtual_side = {HOST / "sim" / name for name in ("hal", "chips", "modules")}
    for path in python_files(HOST):
        if virtual_side & set(path.parents):
            continue
        heads = {module.split(".")[0] for module in imports(path)}
        assert not heads & {"maps", "core", "drivers", "pdu", "pump", "board", "firmware", "boards"}, path


def test_host_imports_run_one_way():
    for path in python_files(HOST):
        room = path.relative_to(HOST).parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        assert room in HOST_LAYERS, f"{room} has no place among the layers"
        for module in imports(path):
            parts = module.split(".")
            if parts[0] != "mallee" or len(parts) < 2 or parts[1] not in HOST_LAYERS:
                continue
            allowed = HOST_LAYERS.index(parts[1]) <= HOST_LAYERS.index(room) or (room, parts[1]) in HOST_EXCEPTIONS
            # The clock alone may look for the simulator's loop, and only when it is told to.
            assert allowed or (room, parts[1]) == ("clock", "sim"), f"{path.relative_to(ROOT)} imports {module}"


@pytest.mark.parametrize("name", PURE)
def test_control_functions_do_no_io(name):
    path = HOST / name
    heads = {module.split(".")[0] for module in imports(path)}
    assert not heads & {"asyncio", "socket", "time", "os", "pathlib", "subprocess", "random"}, path


def test_files_stay_small():
    sizes = []
    for folder in (FIRMWARE, HOST, ROOT / "boards"):
        for path in python_files(folder):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines: is there more than one idea in it?"
            if path.name != "__init__.py":
                sizes.append(lines)
    assert sorted(sizes)[len(sizes) // 2] <= 150


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_trademark_is_not_used_and_no_machine_is_named():
    forbidden = ["mega" + "pod", "/work" + "/main", "/root" + "/"]
    for path in tracked_files():
        text = path.read_text(encoding="utf-8", errors="ignore").lower()
        for word in forbidden:
            assert word not in text, f"{path.relative_to(ROOT)} contains {word!r}"


def test_the_base_runs_where_there_is_no_posix():
    """Windows has none of these modules; the library and the command line must not need them."""
    code = (
        "import sys\n"
        "for name in ('fcntl', 'termios', 'pwd', 'grp', 'resource', 'tty', 'pty', 'readline'):\n"
        "    sys.modules[name] = None\n"
        "import mallee.cli.app as app, mallee.pod.runner, mallee.ui.table\n"
        "app.make_app()\n"
        "loaded = [name for name in sys.modules if name.startswith('mallee.sim')]\n"
        "assert not loaded, loaded\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("file", "word", "before"),
    [
        ("pdu/profile.py", "tripped_bits", "bind"),
        ("pdu/profile.py", "thermal_bits", "bind"),
        ("pdu/profile.py", "leak_bits", "bind"),
        ("pump/interlocks.py", "stopped_bits", "bind_tick"),
    ],
)
def test_only_the_tick_changes_what_protection_latched(file, word, before):
    """A read-modify-write in the main loop could lose what an interrupt in the middle of it stored: a trip without a trace.
    No simulator here interrupts a statement, so the source itself is checked."""
    tree = ast.parse((FIRMWARE / file).read_text(encoding="utf-8"))
    writers = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names = [n.attr for t in targets if t is not None for n in ast.walk(t) if isinstance(n, ast.Attribute)]
                if word in names:
                    writers.add(function.name)
    assert writers == {before, "tick"}  # the other runs before the tick is started
