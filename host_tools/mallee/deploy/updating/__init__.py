"""Firmware over the bus: what an image is, how one controller takes it, how a pod takes it."""
