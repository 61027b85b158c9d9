"""What was measured and what happened, kept on this computer: an embedded store, bounded by age and size. It reads no
controller and decides nothing."""
