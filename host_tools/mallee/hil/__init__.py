"""Hardware in the loop: boards virtual, emulated and real, and what tests need around them."""
