"""Which setting is in force, and where it comes from: flags, MALLEE_*, the pod file, the user's file, the default."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import msgspec

from . import resources
from .errors import MalleeError
from .paths import user_config_dir
from .pod import lines as toml_lines
from .pod import listing
from .pod.config import ControlSection, PodConfig, PodSection
from .pod.loader import load_pod
from .pod.tomlfile import wrong_setting
from .suggest import did_you_mean

Output = Literal["table", "json", "jsonl", "csv"]
OUTPUTS: tuple[Output, ...] = ("table", "json", "jsonl", "csv")
POD_FILE = "pod.toml"
DEFAULT_TIMEOUT_S = 1.0
_CONTROL = tuple(msgspec.structs.fields(ControlSection))
_USER_KEYS = ("config", "output", "timeout_s", "control")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force and where it comes from, such as `pod.toml:6` or `default`."""

    name: str
    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings that do not depend on the pod file, and which pod file it is."""

    pod_file: Path
    output: Output
    timeout_s: float
    bundled: bool
    """True when no pod file was named or found: the bundled default pod is used."""
    user_file: Path
    host_id: Setting | None = None
    """Host number from the environment: stronger than the pod file, for a second host of the same pod."""
    found: dict[str, Setting] = field(default_factory=dict)
    control: dict[str, Setting] = field(default_factory=dict)
    """Control settings from the environment: stronger than the pod file."""
    user_control: dict[str, Setting] = field(default_factory=dict)
    """Control settings from the user's file: weaker than the pod file."""


def resolve(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> Settings:
    """Settings from `flags` (config, output, timeout_s; None: not given), the environment and the files around.

    Raises MalleeError (exit code 2) for an unknown key or a wrong value, with its origin.
    """
    environ = os.environ if environ is None else environ
    user_file = user_config_dir() / "config.toml"
    user, user_lines = _user(user_file)

    def pick(name: str, variable: str, default: Any) -> Setting:
        if flags.get(name) is not None:
            return Setting(name, flags[name], "flag")
        if environ.get(variable):
            return Setting(name, environ[variable], variable)
        if name in user:
            return Setting(name, user[name], f"{user_file}:{user_lines[(name,)]}")
        return Setting(name, default, "default")

    host_id = None
    if environ.get("MALLEE_HOST_ID"):
        host_id = Setting("pod.host_id", _checked_host_id(environ["MALLEE_HOST_ID"]), "MALLEE_HOST_ID")
    output = _checked_output(pick("output", "MALLEE_OUTPUT", "table"))
    timeout = _checked_timeout(pick("timeout_s", "MALLEE_TIMEOUT_S", DEFAULT_TIMEOUT_S))
    pod, bundled = _pod_file(flags.get("config"), environ, user, user_file, cwd or Path.cwd())
    return Settings(
        pod_file=Path(pod.value),
        output=output.value,
        timeout_s=timeout.value,
        bundled=bundled,
        user_file=user_file,
        host_id=host_id,
        found={setting.name: setting for setting in (pod, output, timeout)},
        control=_environment_control(environ),
        user_control={
            name: Setting(name, value, f"{user_file}:{toml_lines.line_of(user_lines, ('control', name))}")
            for name, value in user.get("control", {}).items()
        },
    )


def load(settings: Settings) -> PodConfig:
    """The pod file of these settings, with the environment over it and the user's file under it."""
    config = load_pod(
        settings.pod_file,
        over={name: setting.value for name, setting in settings.control.items()},
        under={name: setting.value for name, setting in settings.user_control.items()},
    )
    if settings.host_id is None:
        return config
    return msgspec.structs.replace(config, pod=msgspec.structs.replace(config.pod, host_id=settings.host_id.value))


def shown(settings: Settings, config: PodConfig) -> list[Setting]:
    """Every setting in force with its origin, for `config show`."""
    text = settings.pod_file.read_text(encoding="utf-8")
    lines, given = toml_lines.locate(text), tomllib.loads(text)
    rows = list(settings.found.values())
    for name, path, value in listing.values(config):
        section, key = path[0], path[-1]
        if name == "pod.host_id" and settings.host_id is not None:
            origin = settings.host_id.origin
        elif section == "control" and key in settings.control:
            origin = settings.control[key].origin
        elif _given(given, path):
            origin = f"{settings.pod_file}:{toml_lines.line_of(lines, path)}"
        elif section == "control" and key in settings.user_control:
            origin = settings.user_control[key].origin
        else:
            origin = "default"
        rows.append(Setting(name, value, origin))
    return rows


def named(rows: list[Setting], names: Sequence[str]) -> list[Setting]:
    """Those of these names, sections or patterns; all without any. Raises MalleeError for one that finds nothing."""
    found: dict[str, Setting] = {}
    for name in names:
        matches = [row for row in rows if row.name.startswith(f"{name}.") or fnmatchcase(row.name, name)]
        if not matches:
            known = {part for row in rows for part in (row.name, row.name.partition(".")[0])}
            raise MalleeError(f"there is no setting {name!r}", "a typing error", did_you_mean(name, known))
        found.update({row.name: row for row in matches})
    return list(found.values()) if names else rows


def _given(data: Any, path: toml_lines.Path) -> bool:
    """Whether the file itself has that value."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return False
    return True


def _pod_file(
    flag: Any, environ: Mapping[str, str], user: Mapping[str, Any], user_file: Path, cwd: Path
) -> tuple[Setting, bool]:
    if flag is not None:
        return Setting("config", _named(flag), "flag"), False
    if environ.get("MALLEE_CONFIG"):
        return Setting("config", _named(environ["MALLEE_CONFIG"]), "MALLEE_CONFIG"), False
    for folder in (cwd, *cwd.parents):
        if (folder / POD_FILE).is_file():
            return Setting("config", str(folder / POD_FILE), "nearest pod.toml"), False
    if "config" in user:
        return Setting("config", str(Path(user["config"]).expanduser()), str(user_file)), False
    return Setting("config", _named("default"), "default"), True


def _named(pod: Any) -> str:
    """The path of a pod file that was named by its path, or by the name of one that comes with mallee."""
    return str(resources.pods().get(str(pod), pod))


def _user(path: Path) -> tuple[dict[str, Any], dict[toml_lines.Path, int]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}, {}
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalleeError(f"{path}: {error}", "a typing error: this is not TOML", "mend the line") from error
    lines = toml_lines.locate(text)
    for key in data:
        if key not in _USER_KEYS:
            raise MalleeError(
                f"{path}:{toml_lines.line_of(lines, (key,))}: unknown key {key!r}",
                "a typing error, or a key of another version",
                did_you_mean(key, _USER_KEYS),
            )
    for name, value in data.get("control", {}).items():
        _check_control(name, value, f"{path}:{toml_lines.line_of(lines, ('control', name))}")
    return data, lines


def _environment_control(environ: Mapping[str, str]) -> dict[str, Setting]:
    found: dict[str, Setting] = {}
    for item in _CONTROL:
        variable = f"MALLEE_{item.name.upper()}"
        if environ.get(variable):
            value = _check_control(item.name, environ[variable], variable, strict=False)
            found[item.name] = Setting(item.name, value, variable)
    return found


def _check_control(name: str, value: Any, origin: str, *, strict: bool = True) -> Any:
    by_name = {item.name: item for item in _CONTROL}
    if name not in by_name:
        raise MalleeError(
            f"{origin}: unknown key {name!r} in control",
            "a typing error, or a key of another version",
            did_you_mean(name, by_name),
        )
    try:
        return msgspec.convert(value, by_name[name].type, strict=strict)
    except msgspec.ValidationError as error:
        raise wrong_setting(origin, name, value, str(error)) from error


def _checked_host_id(text: str) -> int:
    try:
        pod = msgspec.convert({"name": "x", "host_id": text}, PodSection, strict=False)
    except msgspec.ValidationError as error:
        raise wrong_setting("MALLEE_HOST_ID", "pod.host_id", text, str(error)) from error
    return pod.host_id


def _checked_output(setting: Setting) -> Setting:
    if setting.value not in OUTPUTS:
        raise MalleeError(
            f"{setting.origin}: output = {setting.value!r} is none of {', '.join(OUTPUTS)}",
            "a typing error",
            did_you_mean(str(setting.value), OUTPUTS),
        )
    return setting


def _checked_timeout(setting: Setting) -> Setting:
    try:
        seconds = float(setting.value)
    except (TypeError, ValueError):
        seconds = 0.0
    if not 0.01 <= seconds <= 60:
        raise MalleeError(
            f"{setting.origin}: timeout_s = {setting.value!r} is not a number of seconds from 0.01 to 60",
            "a typing error, or another unit",
            f"write {DEFAULT_TIMEOUT_S:g}",
        )
    return Setting(setting.name, seconds, setting.origin)
