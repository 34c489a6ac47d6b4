"""`edgecnn doctor`: what this machine is, what runs on it, and what to do where something does not.

It combines results from `device`, `runtime` and `inspection`, which do not import each other.
"""
