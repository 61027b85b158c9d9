"""One bus or gateway: transport, timing, resynchronisation and statistics. What registers mean does not
belong here."""
