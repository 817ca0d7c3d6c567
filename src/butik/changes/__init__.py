"""What has changed here and must be told elsewhere: the outbox (store to chain) and the feed (chain to stores).

Written by the actions of other apps in their own transactions, carried by `sync`. Words: an *outbox item* has a number
(`seq`) and is sent in order; a *feed entry* has a position, and only the newest of each (kind, key) matters.
"""
