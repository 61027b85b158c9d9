"""Which values of which device are read when: plans, fairness, what is known of each device, and who hears of it. How bytes
travel, and what registers mean, does not belong here."""
