"""What the controllers say on the wire: registers and alarms, each declared once. Imports only maps.fields; no code."""
