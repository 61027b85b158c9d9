"""The world without the hardware: virtual time, plant, virtual boards, network. No control logic belongs here."""
