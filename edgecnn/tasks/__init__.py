"""The tasks, one file each; `edgecnn.task` has their interface and their table."""
