"""Which commands there are, in the order of the help: a row each, so that none has to be imported to be listed."""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """`module` is one of this package, with `register(app)`. `examples` stand first in its help; a test parses them."""

    name: str
    group: str
    summary: str
    examples: tuple[str, ...]
    module: str = ""

    @property
    def home(self) -> str:
        return f"{__package__}.{self.module or self.name}"


LOOK, FIND, ACT, KEEP, TRY, BOARDS, HERE = (
    "Look",
    "Find and examine",
    "Act",
    "What was",
    "Try it out",
    "Firmware and boards",
    "This program",
)

COMMANDS = (
    Command("demo", TRY, "A whole pod on this machine, under control",
            ("mallee demo", "mallee demo --for 30s --speed 5", "mallee demo -c examples/serial_pod.toml")),
    Command("sim", TRY, "Scenarios with faults, and parts of the simulator that are useful alone",
            ("mallee sim list", "mallee sim run pump_loss --seed 7", "mallee sim pico --profile pdu")),
    Command("status", LOOK, "Every controller of the pod and its alarms, once",
            ("mallee status", "mallee status -o json", "mallee status --links")),
    Command("watch", LOOK, "The pod on a dashboard, or points of a device, again and again",
            ("mallee watch", "mallee watch skid-1 supply_temperature flow", "mallee watch -o jsonl --for 10s")),
    Command("serve", LOOK, "The web page of the pod, a JSON API, and metrics",
            ("mallee serve", "mallee serve token add ada --role operator", "mallee serve --host 0.0.0.0 --private")),
    Command("get", LOOK, "Points of a device, once",
            ("mallee get skid-1 supply_temperature flow", "mallee get pdu-a1 'branch.*.state' -o csv",
             "mallee get tcp://192.0.2.17:502#1")),
    Command("describe", LOOK, "What a device, a point or an alarm means; what feeds and cools what",
            ("mallee describe skid-1", "mallee describe skid-1 flow", "mallee describe pod --live")),
    Command("why", LOOK, "Why a value is what it is: rule, inputs, since when",
            ("mallee why", "mallee why skid-1.remote_differential_pressure", "mallee why pdu-a1.branch.3",
             "mallee why rack-3.power_limit --log")),
    Command("scan", FIND, "Who answers, on the network or a serial line",
            ("mallee scan", "mallee scan /dev/ttyUSB0", "mallee scan 192.0.2.17 192.0.2.18 --write my-pod.toml")),
    Command("listen", FIND, "Hear a serial line without sending a byte",
            ("mallee listen /dev/ttyUSB0", "mallee listen /dev/ttyUSB0 --for 10s -o jsonl")),
    Command("doctor", FIND, "What is wrong, what may be the cause, and what to do",
            ("mallee doctor", "mallee doctor skid-1 --for 30s", "mallee doctor /dev/ttyUSB0 --unit 3 -o json")),
    Command("trace", FIND, "Every frame to a device and back, with its meaning",
            ("mallee trace skid-1", "mallee trace skid-1 --for 10s --pcap skid-1.pcap")),
    Command("run", ACT, "Control a pod",
            ("mallee run my-pod.toml", "mallee run my-pod.toml --advise", "mallee run -o jsonl --for 1m")),
    Command("set", ACT, "Write points of a device: shows, asks, writes, reads back",
            ("mallee set pdu-a1 branch_switch.3 off --dry-run", "mallee set skid-1 minimum_speed 20 preset_speed 55"), "set_"),
    Command("alarms", ACT, "What stands, and what people do about it",
            ("mallee alarms", "mallee alarms ack skid-1 flow_low --note 'filter is being changed'",
             "mallee alarms shelve pdu-a1 'overload_*' --for 2h --note 'load test'")),
    Command("calibrate", ACT, "The meter of one branch against a reference meter",
            ("mallee calibrate pdu-a1 --branch 3 --point no-load --dry-run",
             "mallee calibrate pdu-a1 --branch 3 --reference meter.toml")),
    Command("commission", ACT, "The guided acceptance of a new pod, and its protocol",
            ("mallee commission", "mallee commission skid-1 pdu-a1 --auto", "mallee commission verify commission.cbor",
             "mallee commission page commission.cbor out.html")),
    Command("log", KEEP, "What happened at a device, or what the host did",
            ("mallee log", "mallee log pdu-a1 --last 20")),
    Command("recording", KEEP, "The fast currents around the last trip of a PDU",
            ("mallee recording pdu-a1", "mallee recording pdu-a1 -o csv")),
    Command("history", KEEP, "What was recorded of the pod",
            ("mallee history", "mallee history events pdu-a1 --from 2h", "mallee history check")),
    Command("plot", KEEP, "Points over time, on the terminal, as SVG or PNG",
            ("mallee plot skid-1.supply_temperature skid-1.flow --from 2h", "mallee plot 'pdu-*.power' --file power.svg",
             "mallee plot pdu-a1.power --live 30s")),
    Command("export", KEEP, "Recorded values as CSV or Parquet",
            ("mallee export skid-1.supply_temperature skid-1.flow --from 1h", "mallee export 'pdu-a*.power' --file power.csv")),
    Command("report", KEEP, "Energy, heat and PUE; load of the phases; a page of a shift",
            ("mallee report energy --by day --for 7d", "mallee report balance --live", "mallee report shift --file shift.html")),
    Command("build", BOARDS, "Compile the firmware for a board",
            ("mallee build --board rp2_pico --profile pdu --out dist/pdu",)),
    Command("flash", BOARDS, "Put firmware and identity onto a board",
            ("mallee flash --board rp2_pico --profile pdu --name pdu-a1 --unit 11 --dry-run",)),
    Command("update", BOARDS, "New firmware over the bus, one controller first, then the rest",
            ("mallee update", "mallee update pdu-a1 --bundle dist/pdu --keys keys.toml", "mallee update status -o json",
             "mallee update cancel skid-1")),
    Command("config", HERE, "Settings with their origin; check pod files",
            ("mallee config show", "mallee config show power", "mallee config check my-pod.toml")),
    Command("completion", HERE, "Completion of commands, devices and points for your shell",
            ("mallee completion bash > ~/.local/share/bash-completion/completions/mallee", "mallee completion zsh")),
)  # fmt: skip
