"""The same without asyncio, as a script of a laboratory has it. Beside `mallee demo`: python examples/without_async.py"""

import sys

import mallee

pod_file = sys.argv[1] if len(sys.argv) > 1 else "default"
with mallee.sync.open_pod(pod_file) as pod:
    pdu = pod.device("pdu-a1")
    before = pdu.read("branch.8.priority")
    after = pdu.write({"branch.8.priority": 3})
    print(f"priority of branch 8: {before.value} → {after.value('branch.8.priority')}")
    for count, now in enumerate(pod.subscribe("pdu-a1", "power", "branch.*.current", interval_s=0.5), 1):
        print(f"{now.number('power')} W, branch 1 {now.number('branch.1.current')} A")
        if count == 3:
            break
