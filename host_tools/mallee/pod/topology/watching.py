"""The physics check over the documents of a running pod."""

from __future__ import annotations

import msgspec

from ..config import PodConfig
from ..document import PodDocument
from .physics import PhysicsState, step


class PhysicsWatch:
    """Holds what the check has to remember from scan to scan."""

    def __init__(self, config: PodConfig) -> None:
        self._config = config
        self._state = PhysicsState()

    def judged(self, document: PodDocument, now_s: float) -> PodDocument:
        """The document with a finding for each sensor that the others contradict. `now_s`: of a clock that never jumps."""
        self._state, found = step(self._config, self._state, document, now_s)
        return msgspec.structs.replace(document, findings=(*document.findings, *found)) if found else document
