"""What is wrong, from what can be seen: checks with evidence, causes in the order of their likelihood, and remedies. Measuring
and judging are apart: a check is a pure function of evidence. Nothing is changed and nothing is written to a device here."""
