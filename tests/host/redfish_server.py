"""The Redfish service of the simulated rack managers on a real port of this machine's loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mallee.sim.redfish import HttpConversation, RackManager, RedfishService


def manager(name: str = "rack-1") -> RackManager:
    return RackManager(name, rated_W=120_000.0, least_W=30_000.0, power_W=lambda: 99_500.0, set_point_W=120_000.0)


@asynccontextmanager
async def serving(*managers: RackManager) -> AsyncIterator[int]:
    """Yields the port."""
    service = RedfishService({each.name: each for each in managers})

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = HttpConversation(service)
        while not conversation.over and (data := await reader.read(4096)):
            writer.write(conversation.received(data))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
