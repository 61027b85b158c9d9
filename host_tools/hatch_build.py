"""Build hook: the wheel carries firmware, boards, examples and the compiled dictionaries inside the package.

An editable install does not: there mallee.resources finds the checkout.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ROOT = Path(__file__).resolve().parents[1]


class CustomBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, str(_ROOT / "host_tools"))
        from mallee.deploy.dictionary import PROFILES, compile_profile
        from mallee.device.dictionary import encode

        include = build_data["force_include"]
        for name in ("firmware", "boards", "examples"):
            for path in sorted((_ROOT / name).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    include[str(path)] = f"mallee/_{name}/{path.relative_to(_ROOT / name)}"
        self._scratch = tempfile.TemporaryDirectory()
        for profile in PROFILES:
            compiled = Path(self._scratch.name) / f"{profile}.bin"
            compiled.write_bytes(encode(compile_profile(_ROOT / "firmware" / "maps", profile)))
            include[str(compiled)] = f"mallee/_dictionaries/{profile}.bin"
