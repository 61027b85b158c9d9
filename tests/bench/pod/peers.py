"""`python -m tests.bench.pod.peers SKIDS PDUS`: so many controllers on loopback that keep leases by the wire contract.

A process of their own, and no firmware, for the reason that tests/bench/link/responder.py gives. Prints its ports as a line of
JSON, and ends with its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys

from mallee import resources

from ...host.peer import Peer
from ...host.pod_of_peers import steady_pdu, steady_skid


async def serve(skids: int, pdus: int) -> None:
    peers = [Peer(resources.dictionary("pump"), profile=1, name=f"skid-{n + 1}") for n in range(skids)]
    for peer in peers:
        steady_skid(peer)
    for n in range(pdus):
        peer = Peer(resources.dictionary("pdu"), profile=2, name=f"pdu-{n + 1}")
        steady_pdu(peer)
        peers.append(peer)
    for peer in peers:
        await peer.start()
    print(json.dumps([peer.port for peer in peers]), flush=True)
    loop = asyncio.get_running_loop()
    ended = loop.run_in_executor(None, sys.stdin.read)
    began_s = loop.time()
    while not ended.done():
        for peer in peers:
            peer.set("uptime", int(loop.time() - began_s))
            peer.set("sequence", (peer.get("sequence") + 1) & 0x7FFF)
            peer.requests.clear()
        await asyncio.wait([ended], timeout=0.1)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2])))
