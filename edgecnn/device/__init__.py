"""What this machine is and what its sensors say."""
