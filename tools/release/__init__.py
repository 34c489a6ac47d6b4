"""Release tools: make the files that ship with the package, and the pages written from evidence."""
