"""The `edgecnn` command: one file per sub-command, which parses options, makes one library call and prints."""
