"""People who work here and what they may do.

Words: a *person* signs in to pages (mail, password, second factor) and has *memberships*, each with a *level* over an
organisation, a chain or a store; a *shop assistant* sells at a POS with a staff number and a PIN and never signs in to
pages. Rights are one alphabetical list (`rights.py`), a level maps to a set of them in one table.
Never: keep a PIN; only its verifier. Never grant a right that the granter lacks.
"""
