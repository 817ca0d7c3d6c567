"""What tests and benchmarks stand on: a PostgreSQL server, a browser, child processes. Nothing here knows the shop."""
