"""Every file that ARCHITECTURE.md names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_file_that_is_named_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    named = set(re.findall(r"`([\w./-]+\.py)`", text))
    folders = [ROOT / name for name in ("edgecnn", "export", "bench", "tools", "tests")]
    files = ["/" + path.relative_to(ROOT).as_posix() for folder in folders for path in folder.rglob("*.py")]
    assert named
    assert [name for name in sorted(named) if not any(file.endswith("/" + name) for file in files)] == []
