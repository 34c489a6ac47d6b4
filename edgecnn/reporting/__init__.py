"""Reports: documents of plain data about a run, a comparison or several devices, and the formats that render them."""
