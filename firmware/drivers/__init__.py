"""One chip or sensor a file, its data sheet named on the first line. No plant, no profile, no pins: those are handed in."""
