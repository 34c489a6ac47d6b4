"""The `edgecnn` command: one file for each sub-command, which parses, makes one library call and prints."""
