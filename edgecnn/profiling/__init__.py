"""Where the time of one inference goes: by operation, and compared with the machine's peak rates."""
