"""Facts about this machine: hardware, sensors, memory, energy, cameras."""
