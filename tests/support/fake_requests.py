"""picamera2's jobs and requests: how a frame is waited for, and given back."""

from collections.abc import Callable
from concurrent.futures import CancelledError, Future

from edgecam.arrays import Pixels


class FakeJob:
    """`picamera2.job.Job`: a future, and what fulfils it."""

    def __init__(self, function: Callable[[], "FakeRequest"]) -> None:
        self._function = function
        self._future: Future[FakeRequest] = Future()
        self._future.set_running_or_notify_cancel()

    def execute(self) -> None:
        try:
            self._future.set_result(self._function())
        except RuntimeError as error:
            self._future.set_exception(error)

    def cancel(self) -> None:
        self._future.set_exception(CancelledError())

    def get_result(self, timeout: float | None = None) -> "FakeRequest":
        return self._future.result(timeout=timeout)


class FakeRequest:
    """`picamera2.request.CompletedRequest`, which holds one of the camera's buffers."""

    def __init__(self, buffer: Pixels, give_back: Callable[[], None]) -> None:
        self._buffer: Pixels | None = buffer
        self._give_back = give_back

    def make_buffer(self, name: str) -> Pixels:
        """A copy of the stream's bytes, `(framesize,)`."""
        if name != "main" or self._buffer is None:
            msg = f"Stream {name!r} is not defined"
            raise RuntimeError(msg)
        return self._buffer.copy()

    def release(self) -> None:
        if self._buffer is None:
            msg = "CompletedRequest: lock now has negative ref_count"
            raise RuntimeError(msg)
        self._buffer = None
        self._give_back()
