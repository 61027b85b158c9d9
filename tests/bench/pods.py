"""The default pod several times over: groups of ten controllers on one manifold, each with its racks and its two feeds."""

from __future__ import annotations

GROUP = 10
"""Controllers of a default pod: two skids and eight PDUs."""
_RACKS = 8


def pod_text(groups: int) -> str:
    """A pod file of 10 × `groups` controllers. Volumes and room grow with it, and the pipes' section, so that delays stay."""
    lines = [
        '[pod]\nname = "bench"',
        f"[plant.coolant]\nsupply_volume_l = {150 * groups}\nreturn_volume_l = {150 * groups}\nvessel_volume_l = {100 * groups}",
        f"[plant.pipes]\ninner_diameter_mm = {129.7 * groups**0.5:.1f}",
        f"[plant.room]\nK_per_kW = {0.02 / groups}",
    ]
    port = 15_000
    for group in range(groups):
        racks = [f"rack-{_RACKS * group + number + 1}" for number in range(_RACKS)]
        for number in (1, 2):
            port += 1
            lines.append(f'[[skid]]\nname = "skid-{2 * group + number}"\naddress = "tcp://127.0.0.1:{port}"')
        for feed in (f"A{group + 1}", f"B{group + 1}"):
            lines.append(f'[[feed]]\nname = "{feed}"\nvoltage_V = 415.0\nmain_A = 2000.0')
            for number in range(4):
                port += 1
                lines.append(
                    f'[[pdu]]\nname = "pdu-{feed}-{number + 1}"\nfeed = "{feed}"\nmain_A = 500.0\n'
                    f'address = "tcp://127.0.0.1:{port}"\nracks = {racks}'
                )
        lines += [f'[[rack]]\nname = "{name}"\npower_kW = 120.0\nliquid_kW = 104.0' for name in racks]
    return "\n\n".join(lines).replace("'", '"') + "\n"
