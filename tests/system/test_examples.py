"""Scripts of examples/ run as they stand, against the virtual pod."""

import subprocess
import sys

import pytest

from ..conftest import ROOT
from ..demos import RunningDemo, environment


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with RunningDemo(tmp_path_factory.mktemp("demo")) as demo:
        demo.until(lambda d: all(c["answering"] for c in d["skids"] + d["pdus"]))
        yield demo


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("read_pod.py", ["skid-1 is a pump, map 1.", "degC, good", "differential_pressure", "pdu-b4: "]),
        ("five_lines.py", ["Reading(name='supply_temperature', value=", "quality=<Quality.GOOD"]),
        ("without_async.py", ["priority of branch 8: ", " → 3", " W, branch 1 "]),
    ],
)
def test_an_example_runs_as_it_stands(demo, script, says):
    command = [sys.executable, str(ROOT / "examples" / script), str(demo.file)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, check=False, env=environment(demo.folder)
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for part in says:
        assert part in done.stdout
