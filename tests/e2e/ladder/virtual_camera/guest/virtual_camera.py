"""Lets picamera2 run, itself unchanged, on libcamera's `virtual` camera: no device, no DMA heap.

`virtual_camera.pth` loads this at every start of Python in the machine, so it must cost nothing
where no picamera2 is imported. It stands in for what the software camera lacks:

- its frames need no contiguous memory, so they are kept in memfds instead of a DMA heap;
- it knows no raw stream, which picamera2 asks about; it answers as a USB camera's driver does;
- it does not say whether a frame is whole (libcamera 0.4.0 leaves that uninitialised); all are;
- it keeps no time, so frames are made at `FPS`;
- while the file `WITHHELD` exists none are, as if the cable had been pulled;
- kms++ and PiDNG, which picamera2 imports for its preview window and for raw pictures, are not
  there: only what it names of them is.
"""

import collections
import contextlib
import importlib.machinery
import mmap
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

FPS = 15.0
WITHHELD = Path("/opt/virtual-camera/withheld")


def adapt_on_import() -> None:
    """Adapt picamera2 once it is imported; until then nothing is loaded."""
    sys.meta_path.insert(0, _Adapting())


class _Adapting:
    """Finds picamera2 as Python does, and adapts it where it has been executed."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "picamera2":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def execute_and_adapt(module: ModuleType) -> None:
            _stand_in()
            execute(module)
            _adapt()

        spec.loader.exec_module = execute_and_adapt  # type: ignore[method-assign]
        return spec


class _Names:
    """Has every member, and nobody looks at what it stands for."""

    def __getattr__(self, name: str) -> str:
        return name


def _stand_in() -> None:
    """The modules that picamera2 imports and that no picture passes through."""
    for name, member in (
        ("pykms", "PixelFormat"),
        ("pidng.camdefs", "Picamera2Camera"),
        ("pidng.core", "PICAM2DNG"),
    ):
        module = ModuleType(name)
        setattr(module, member, _Names())
        sys.modules[name] = module


def _adapt() -> None:
    import libcamera  # noqa: PLC0415  it loads a hundred libraries, of use to one process only
    import picamera2.picamera2  # noqa: PLC0415

    picamera2.picamera2.DmaAllocator = MemoryAllocator
    whole = libcamera.FrameMetadata.Status.Success
    libcamera.FrameMetadata.status = property(lambda _metadata: whole)
    _answer_for_raw(libcamera)
    _expose_in_time(libcamera.Camera)


def _answer_for_raw(libcamera: Any) -> None:
    """A question for the raw stream is answered with the formats of the only one."""
    generate = libcamera.Camera.generate_configuration
    role = libcamera.StreamRole

    def generate_configuration(camera: Any, roles: Sequence[Any]) -> Any:
        return generate(camera, [role.Viewfinder if each == role.Raw else each for each in roles])

    libcamera.Camera.generate_configuration = generate_configuration


def _expose_in_time(camera_class: Any) -> None:
    """The virtual camera draws a frame at the moment a buffer is queued: so one is, each period."""
    queue_now, stop_now = camera_class.queue_request, camera_class.stop
    waiting: collections.deque[tuple[Any, Any]] = collections.deque()
    running = threading.Lock()

    def queue_request(camera: Any, request: Any) -> None:
        waiting.append((camera, request))

    def stop(camera: Any) -> None:
        with running:  # after it, no buffer may be queued
            waiting.clear()
            stop_now(camera)

    def expose() -> None:
        while True:
            time.sleep(1 / FPS)
            with running:
                if waiting and not WITHHELD.exists():
                    queue_now(*waiting.popleft())

    camera_class.queue_request, camera_class.stop = queue_request, stop
    threading.Thread(target=expose, name="exposure", daemon=True).start()


class MemoryAllocator:
    """`picamera2.allocators.DmaAllocator`, with memfds: a plane of Y, one of U and V."""

    def __init__(self) -> None:
        self.mapped_buffers: dict[Any, mmap.mmap] = {}
        self._buffers: dict[Any, list[Any]] = {}
        self._descriptors: list[int] = []

    def allocate(self, configuration: Any, _use_case: object) -> None:
        self.close()
        for stream in configuration:
            self._buffers[stream.stream] = [
                self._buffer(stream.frame_size, stream.stride * stream.size.height)
                for _ in range(stream.buffer_count)
            ]

    def buffers(self, stream: Any) -> list[Any]:
        return self._buffers[stream]

    def acquire(self, buffers: Any) -> None:
        pass

    def release(self, buffers: Any) -> None:
        pass

    def close(self) -> None:
        self._buffers, self.mapped_buffers = {}, {}
        for descriptor in self._descriptors:
            os.close(descriptor)
        self._descriptors = []

    def sync(
        self, _allocator: object, buffer: Any, _write: object
    ) -> contextlib.AbstractContextManager[mmap.mmap]:
        return contextlib.nullcontext(self.mapped_buffers[buffer])

    def _buffer(self, frame_bytes: int, luma_bytes: int) -> Any:
        import libcamera  # noqa: PLC0415  as above

        descriptor = os.memfd_create("frame")
        self._descriptors.append(descriptor)
        os.ftruncate(descriptor, frame_bytes)
        planes = []
        for start, end in ((0, luma_bytes), (luma_bytes, frame_bytes)):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = descriptor, start, end - start
            planes.append(plane)
        made = libcamera.FrameBuffer(planes)
        self.mapped_buffers[made] = mmap.mmap(descriptor, frame_bytes)
        return made
