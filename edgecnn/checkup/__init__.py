"""`edgecnn doctor`: what this machine is, what runs on it, and what to do where something does not.

It puts together what `device`, `runtime` and `inspection` know, which do not know each other.
"""
