"""A TCP proxy that makes a good network a bad one: slow, late, stalled, cut, corrupt."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any

_CHUNK_BYTES = 256


class Proxy:
    """Passes on what comes to `port` to a loopback port, both ways; faults are set at any time."""

    def __init__(self, to_port: int, *, delay_s: float = 0.0, bytes_per_s: float = 0.0) -> None:
        self.connections = 0
        """How often somebody connected."""
        self.delay_s = delay_s
        """How long every byte takes, each way."""
        self.bytes_per_s = bytes_per_s
        """How many bytes pass in a second, each way; 0: as many as there are."""
        self.refusing = False
        """Whoever connects is sent away."""
        self.corrupt = False
        """What the other side says is turned upside down."""
        self._to_port = to_port
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"mqtt://127.0.0.1:{self.port}"

    def stall(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def flow(self) -> None:
        """Everything passes again, also what has waited."""
        self._loop.call_soon_threadsafe(self._flows.set)

    def cut(self) -> None:
        """Break every connection."""
        self._run(self._cut())

    def close(self) -> None:
        """Break every connection, and take no more."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5.0)
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(5.0)

    async def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _close(self) -> None:
        self._server.close()
        own = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not own]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.transport.abort()
            return
        self.connections += 1
        self._writers.add(writer)
        with contextlib.suppress(OSError, asyncio.CancelledError):
            there, back = await asyncio.open_connection("127.0.0.1", self._to_port)
            self._writers.add(back)
            ways = (self._pass(reader, back), self._pass(there, writer, corruptible=True))
            await asyncio.wait(
                [asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
            )
            back.transport.abort()
        writer.transport.abort()

    async def _pass(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        corruptible: bool = False,
    ) -> None:
        """One way, to its end: what is read now is written when it is due."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        write = asyncio.ensure_future(self._write(waiting, writer))
        try:
            while data := await reader.read(_CHUNK_BYTES):
                if corruptible and self.corrupt:
                    data = bytes(byte ^ 0xFF for byte in data)
                waiting.put_nowait((self._loop.time() + self.delay_s, data))
        except OSError:
            pass  # cut
        finally:
            if not self.delay_s and not self.bytes_per_s:
                await asyncio.wait([write], timeout=0 if waiting.empty() else 0.2)
            write.cancel()

    async def _write(
        self, waiting: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due_s, data = await waiting.get()
            await asyncio.sleep(max(0.0, due_s - self._loop.time()))
            if self.bytes_per_s:
                await asyncio.sleep(len(data) / self.bytes_per_s)
            await self._flows.wait()
            writer.write(data)
            await writer.drain()
