"""The electrical side of a pod: what its branches carry, the limits they must stay within, and who gives way. Pure functions of
state and settings; what acts on racks is in pod/actuators."""
