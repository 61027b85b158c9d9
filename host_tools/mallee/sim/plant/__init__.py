"""The physical pod: coolant, heat, electricity. Pure state and `step`; nothing here knows registers, processes or sockets."""
