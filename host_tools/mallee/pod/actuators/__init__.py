"""What the pod can do to racks besides its own controllers: one small protocol, and who speaks it. Decisions are made in
pod/power."""
