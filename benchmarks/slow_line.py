"""A line of so many Mbit/s each way to a service on this machine: `python -m benchmarks.slow_line PORT TARGET MBIT`.

Every connection has a line of its own, as every device has. What is sent waits until the line had time for it.
"""

import asyncio
import sys
import time
from contextlib import suppress

PIECE = 8 * 1024  # small against what is measured: 7 ms of 10 Mbit/s


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bytes_per_second: float) -> None:
    free_at = time.monotonic()
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            free_at = max(free_at, time.monotonic()) + len(piece) / bytes_per_second
            await asyncio.sleep(free_at - time.monotonic())
            writer.write(piece)
            await writer.drain()
    with suppress(ConnectionError, RuntimeError):
        writer.close()


async def serve(port: int, target: int, mbit: float) -> None:
    rate = mbit * 1_000_000 / 8

    async def join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, back, rate), _pump(there, writer, rate))

    server = await asyncio.start_server(join, "127.0.0.1", port)
    print(f"slow line ready at http://localhost:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
