"""How the parts of a pod hang together: its graph, what is wrong in it, its pictures, and measurements that contradict each
other across it. No I/O, and no decisions about set-points or limits."""
