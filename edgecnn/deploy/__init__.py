"""Artifacts on other machines, over the user's own ssh: set up, copied, verified and measured there.

What is done on a device is done by `device_side.py`, whose source is sent along: a device needs a shell, ssh and
Python, and nothing of edgecnn until edgecnn puts it there.
"""
