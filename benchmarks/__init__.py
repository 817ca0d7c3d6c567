"""Figures beside hand-written floors: `python -m benchmarks [--only NAME] [--quick]`.

Each figure measures ours and its floor in the same run, three rounds in turn, and takes medians: on a machine that is
shared, only the ratio says something. A floor does the same durable work with nothing around it: the same rows, keys
and indexes, by statements written by hand, without rights, signatures, checks or live events.
Read first: `figures.py`, then one figure's file, then its floor in `floors/`.
"""
