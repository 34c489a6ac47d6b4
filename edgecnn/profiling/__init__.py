"""Where the time of one inference goes: by operation, and against what this machine can do at best."""
