"""Whether what a controller says can be true, and what becomes of one that lies. No I/O, and nothing about how equipment is
controlled."""
