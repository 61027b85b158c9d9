"""The PDU profile: metering, protection and switching of eight three-phase branches. Knows no board."""
