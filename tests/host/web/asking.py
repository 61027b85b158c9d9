"""A page for tests of its JSON API, alone or beside a host, and errors as it tells them."""

from __future__ import annotations

from pathlib import Path

import msgspec
from mallee.errors import ErrorDocument
from mallee.pod.runner import PodRunner

from ..pod_of_peers import pod_of_peers
from ..virtual_loop import run_virtual
from .pages import opened


def with_page(folder: Path, scenario, **options) -> None:
    async def main() -> None:
        async with opened(folder, **options) as page:
            await scenario(page)

    run_virtual(main())


def with_host(folder: Path, scenario) -> None:
    """A page beside a host that controls a pod of peers, which has an alarm; `scan()` is one of the host's scans."""

    async def main() -> None:
        async with pod_of_peers() as pod:
            pod.skid.image["discrete"][21] = True
            pod.skid.set("alarm_count", 1)
            pod.skid.set("first_out", 21)
            runner = PodRunner(pod.config, state_dir=folder)
            try:
                document = await runner.scan()
                async with opened(folder, document, pod.config) as page:
                    await scenario(pod, runner, page)
            finally:
                await runner.close()

    run_virtual(main())


def twin(response) -> ErrorDocument:
    return msgspec.json.decode(response.content, type=ErrorDocument)
