"""How the processes of a service run: `butik serve` and `butik serve_pos_app`. Stands above all apps; none knows it.

A *service* is one supervisor with five children: `pages` for people and `calls` for machines (WSGI), `live` (streams,
ASGI), `worker` (what happens without a request) and the `front door` (nginx), which joins them into one origin on the
one public port.
Everything is loaded once and then forked, so the children share what they can. A child that dies is started again; no
child outlives the supervisor, however that ends.
Read first: `service.py`, then `supervisor.py`. Never: run two services on one data folder, or share a port.
"""
