"""The portal: every store of a person's chains, live.

The dashboard's figures come with their age; events move them without a reload (`live`).
"""
