"""The emergency cloud's front: the board, the activation site, what devices obey and sell from, and recovery's far end.

Public: `models`, `actions` (activate, release, mark as recovered), `device_api`, `recovery_api`.
Emergency service only. Never: open a connection to a store, a chain or a device.
"""
