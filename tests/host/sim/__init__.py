"""Tests of the simulator: world, network, virtual boards, chips, plant, loads."""
