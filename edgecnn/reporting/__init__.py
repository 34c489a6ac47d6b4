"""Reports: a document of plain data, built by a run, a comparison or several devices, and the formats that show it."""
