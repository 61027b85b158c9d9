"""Pods for tests: the default one, and pieces of it."""

from __future__ import annotations

import tomllib

import msgspec
from mallee import resources
from mallee.pod.config import PodConfig


def default_pod() -> PodConfig:
    return _example("pod.toml")


def serial_pod() -> PodConfig:
    return _example("serial_pod.toml")


def _example(name: str) -> PodConfig:
    text = (resources.examples_dir() / name).read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), PodConfig)
