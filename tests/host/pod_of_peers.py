"""A small pod of peers on loopback: one skid, two PDUs on two feeds, two racks."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from mallee import resources
from mallee.pod.config import ControlSection, Feed, Pdu, PodConfig, PodSection, Rack, Skid

from .peer import Peer


@dataclass
class PodOfPeers:
    config: PodConfig
    skid: Peer
    pdu_a: Peer
    pdu_b: Peer

    @property
    def peers(self) -> tuple[Peer, Peer, Peer]:
        return self.skid, self.pdu_a, self.pdu_b

    def tick(self) -> None:
        """Regulation goes on for a second: sequence numbers and uptimes move."""
        for peer in self.peers:
            peer.set("sequence", (peer.get("sequence") + 10) & 0x7FFF)
            peer.set("uptime", peer.get("uptime") + 1)


def steady_skid(peer: Peer) -> None:
    values = {
        "supply_temperature": 3702,
        "return_temperature": 4510,
        "facility_supply_temperature": 3200,
        "differential_pressure": 1985,
        "active_supply_temperature": 3700,
        "active_differential_pressure": 2000,
        "flow": 8000,
        "heat": 1500,
        "dew_point": 1200,
        "pump_speed.1": 6100,
        "pump_speed.2": 6050,
        "pump_state.1": 1,
        "pump_state.2": 1,
        "valve_position": 4200,
        "level": 800,
    }
    for name, raw in values.items():
        peer.set(name, raw)


def steady_pdu(peer: Peer, power_kW: float = 60.0) -> None:
    peer.set("power", round(power_kW * 1000))
    peer.set("energy", 5_000_000)
    peer.set("closed", 0b11)
    for phase in (1, 2, 3):
        peer.set(f"phase_current.{phase}", 900 + phase)
        peer.set(f"phase_voltage.{phase}", 2400)
    for branch in (1, 2):
        peer.set(f"branch.{branch}.power", round(power_kW * 50))
        peer.set(f"branch.{branch}.current", 4500)


@asynccontextmanager
async def pod_of_peers(scan_s: float = 1.0, lease_s: int = 10):
    pump, pdu = resources.dictionary("pump"), resources.dictionary("pdu")
    async with AsyncExitStack() as stack:
        skid = await stack.enter_async_context(Peer(pump, profile=1, name="skid"))
        pdus = [await stack.enter_async_context(Peer(pdu, profile=2, name=f"pdu-{n}")) for n in "ab"]
        steady_skid(skid)
        for peer in pdus:
            steady_pdu(peer)
        config = PodConfig(
            pod=PodSection(name="small pod", host_id=7),
            control=ControlSection(scan_s=scan_s, lease_s=lease_s),
            feeds=(Feed("A", 200.0), Feed("B", 150.0)),
            skids=(Skid("skid-1", f"tcp://127.0.0.1:{skid.port}"),),
            pdus=tuple(
                Pdu(
                    f"pdu-{name.lower()}",
                    f"tcp://127.0.0.1:{peer.port}",
                    feed=name,
                    main_A=100.0,
                    racks=("rack-1", "rack-2"),
                )
                for name, peer in zip("AB", pdus, strict=True)
            ),
            racks=(Rack("rack-1", 120.0, 104.0), Rack("rack-2", 120.0, 104.0)),
        )
        yield PodOfPeers(config, skid, *pdus)
