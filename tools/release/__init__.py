"""What makes a release: the files that ship with the package, and the pages that are written from evidence."""
