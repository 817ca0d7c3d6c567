"""At the chain: could every store sell tonight? The last proven backup of each, and an alarm when one is missing.

Stores report their backups and forward the emergency cloud's proofs; the chain believes a proof only by the root that
it pinned when the two were paired, and holds the deadline by its own clock. It never contacts the emergency cloud.
"""
