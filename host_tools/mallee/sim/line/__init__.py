"""A serial line between two or more ends: byte times, half duplex, and everything that can go wrong on one."""
