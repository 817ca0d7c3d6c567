"""The snapshot: what an emergency needs of a store, as one file that is written, packed, unpacked and checked here.

No models: a store writes it (`backups`), the emergency cloud reads it in a jail (`vault`), a rebuilt store reads it
again (`recovery`). The format is documented and versioned: docs/formats/snapshot.md.
Never: put into it what an emergency does not need. Portal, manager and support sign-ins never travel.
"""
