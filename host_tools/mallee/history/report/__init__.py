"""What a history says about a time: energy, heat, and how the load lay on the phases. Sums and rows are made here, by pure
functions; `gathering.py` and `currents.py` alone read the file. Nothing is decided, and no controller is asked."""
