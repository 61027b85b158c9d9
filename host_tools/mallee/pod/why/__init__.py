"""Why a value is what it is: what the host decided, kept for other processes, and what is known of registers that no rule sets.
What decides stands in pod/cooling and pod/power."""
