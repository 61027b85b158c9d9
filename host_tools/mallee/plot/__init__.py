"""Pictures of values over time, for a terminal, as SVG and as PNG. Where the values come from is `history` and `poll`; what is
drawn each second is `ui`."""
