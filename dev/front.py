"""What stands before several Odoo processes."""

import asyncio
import contextlib
import threading
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable


class Front:
    """Hands connections to one of several servers, as a provider's nginx does.

    A connection's first request decides for all of it: browsers open one of its own for
    a websocket.

    :param port: where it listens, on the loopback interface
    :param choose: gives the port of the server for a request's path
    """

    def __init__(self, port: int, choose: Callable[[str], int]):
        self._choose = choose
        # Playwright has a loop in the thread that this is called from
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listen = asyncio.start_server(self._connected, "127.0.0.1", port)
        self._server = asyncio.run_coroutine_threadsafe(listen, self._loop).result(30)

    def close(self) -> None:
        """Listen no more, and drop what is connected."""
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            line = await reader.readuntil(b"\n")
            port = self._choose(line.split(b" ")[1].decode("latin-1"))
            odoo_reader, odoo_writer = await asyncio.open_connection("127.0.0.1", port)
            odoo_writer.write(line)
            await asyncio.wait(
                [
                    asyncio.ensure_future(_pump(reader, odoo_writer)),
                    asyncio.ensure_future(_pump(odoo_reader, writer)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
            odoo_writer.close()
        writer.close()


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
