"""A systemd unit that runs `edgecnn watch` with given arguments."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from pathlib import Path

_UNIT = """\
# edgecnn watch as a service:
#   sudo tee /etc/systemd/system/edgecnn-watch.service   < this text
#   sudo systemctl daemon-reload && sudo systemctl enable --now edgecnn-watch
#   journalctl -fu edgecnn-watch
[Unit]
Description=edgecnn watch {source}
Documentation=man:systemd.service(5)
After=network.target
# a camera that is plugged in late is found, however often it was missing before
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
WorkingDirectory={folder}
{user}
SupplementaryGroups=video
Restart=on-failure
RestartSec=5
# stopped before the model was loaded
SuccessExitStatus=143
TimeoutStopSec=15

# it reads the model, the camera and the folder; for what --run commands write, add a line ReadWritePaths=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
RestrictSUIDSGID=yes
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
ProtectClock=yes
ProtectHostname=yes
ProtectControlGroups=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
# cameras, and what libcamera and vcgencmd use on a Raspberry Pi
DevicePolicy=closed
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
DeviceAllow=/dev/vcio rw

[Install]
WantedBy=multi-user.target
"""


def unit(arguments: Sequence[str], source: str) -> str:
    """Return the text of a unit that runs `edgecnn watch` with `arguments` in this folder as this user.

    Printed as root, the service gets its own user (DynamicUser). Relative paths stay valid, because the service runs in
    the folder where the unit was printed.

    Raises:
        ValueError: an argument has a line break, which a unit cannot contain.
    """
    command = [*_program(), "watch", *arguments]
    user = "DynamicUser=yes" if os.geteuid() == 0 else f"User={getpass.getuser()}"
    return _UNIT.format(
        source=_escaped(source),
        command=" ".join(_quoted(word) for word in command),
        folder=_escaped(str(Path.cwd())),
        user=user,
    )


def _program() -> list[str]:
    """Return the absolute path of this installation's command."""
    script = Path(sys.executable).with_name("edgecnn")
    return [str(script)] if script.exists() else [sys.executable, "-m", "edgecnn"]


def _quoted(word: str) -> str:
    """Return a word quoted for systemd. Source: systemd.service(5), "Command lines", systemd.syntax(7)."""
    if any(ord(character) < 32 for character in word):
        raise ValueError(f"{word!r} cannot be in a systemd unit: it has a line break or another control character")
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    is_plain = word and not set(word) & set(" \t\"';\\#")
    return text if is_plain else f'"{text}"'


def _escaped(text: str) -> str:
    return text.replace("%", "%%").replace("\n", " ")
