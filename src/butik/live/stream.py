"""`/live/`: the stream of events. Its own small process, beside the pages."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def health(request: Request) -> JSONResponse:
    return JSONResponse({"live": "ok"})


application = Starlette(routes=[Route("/live/health", health)])
