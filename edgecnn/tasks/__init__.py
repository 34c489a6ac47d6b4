"""The tasks, one file each; their interface and table are in `edgecnn.task`."""
