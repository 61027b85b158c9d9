"""The world without the hardware: virtual time, plant, virtual boards, the network between them. No control logic belongs here."""
