"""Many controllers as one pod: its file, topology, state, cooling and power control. Control functions here do no
I/O."""
