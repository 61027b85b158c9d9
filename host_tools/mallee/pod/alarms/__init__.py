"""Alarm management of a pod after ISA-18.2 and IEC 62682: what is told to people, once, with its cause. Conditions come in as
data; no control belongs here, and only `store` touches files."""
