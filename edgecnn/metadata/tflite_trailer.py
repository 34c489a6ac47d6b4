"""What follows the flatbuffer in a sealed TFLite file: a zip archive, as TensorFlow Lite stores associated files.

Its entries are stored without compression, and the seal is the archive's comment. The file's metadata say that the
output's labels are in `labels.txt`.

Source: TensorFlow Lite metadata ("associated files are packed as a zip at the end of the model").
"""

from __future__ import annotations

import io
import zipfile

CONTRACT_ENTRY = "edgecnn.json"
LABELS_ENTRY = "labels.txt"

_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)  # the same model gives the same file


def tflite_trailer(contract: bytes, labels: tuple[str, ...], size: int, seal: bytes) -> bytes:
    """Return the archive. Its offsets count from the start of the file, as those of TensorFlow Lite's tools do.

    Args:
        contract: JSON text.
        labels: class names.
        size: of the flatbuffer, in bytes.
        seal: with which the archive ends.
    """
    file = io.BytesIO()
    file.seek(size)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in ((CONTRACT_ENTRY, contract), (LABELS_ENTRY, "\n".join(labels).encode() + b"\n")):
            archive.writestr(zipfile.ZipInfo(name, _ENTRY_TIME), text)
        archive.comment = seal
    return file.getvalue()[size:]
