"""Artifacts on other machines, over the user's own ssh: installed, verified and measured there.

`device_side.py` does the work on a device. Its source is sent with each request, so a device needs only a shell, ssh
and Python; edgecnn installs itself.
"""
