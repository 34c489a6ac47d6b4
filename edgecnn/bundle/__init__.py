"""One file that classifies pictures: artifacts and the part of edgecnn that runs them, as a Python zip application."""
