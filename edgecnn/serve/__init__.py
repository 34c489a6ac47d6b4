"""Classification over HTTP: the Open Inference Protocol, image files, metrics and a web page."""
