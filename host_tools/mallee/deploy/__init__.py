"""From source to controller: the dictionary compiler, builds, flashing. The only part of the host that reads firmware/."""
