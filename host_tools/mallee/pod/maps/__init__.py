"""Map files of devices that are not ours, as dictionaries. What is true of every device does not belong here."""
