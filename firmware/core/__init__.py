"""What every controller shares: register image, Modbus, lease, alarms, loop, settings. Knows no profile and no board."""
