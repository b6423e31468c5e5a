"""A network camera: a stream of JPEG pictures over HTTP, as cheap ones deliver it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from edgecam.arrays import Pixels

_PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n"


class NetworkCamera:
    """Counts who has watched, and who does; what it sends can be changed at any time."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/stream.mjpg"
        self.watched = 0
        self.watching = 0
        self.refused = 0
        self.ended = False
        """Whether it hangs up."""
        self.silent = False
        """Whether it sends nothing, and does not hang up."""
        self.refuses = False
        """Whether it lets nobody watch."""
        self.still = False
        """Whether no picture differs from the one before, as where a codec leaves noise out."""
        self.shown: Pixels = np.full((48, 64, 3), 90, np.uint8)
        """What is before it: RGB, or grey without a third axis."""
        self._sent = 0

    def show(self, handler: BaseHTTPRequestHandler) -> None:
        """Send 50 pictures a second until the other end goes away."""
        if self.refuses:
            self.refused += 1
            handler.send_error(503)
            return
        self.watched += 1
        self.watching += 1
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        try:
            while not self.ended:
                if not self.silent:
                    picture = self._picture()
                    handler.wfile.write(_PART % (len(picture), picture))
                time.sleep(0.02)
        except OSError:
            pass  # it has gone
        finally:
            self.watching -= 1

    def _picture(self) -> bytes:
        """A JPEG file; as of a sensor, no two are alike, where it is not `still`."""
        self._sent += 1
        pixels = self.shown.copy()
        if not self.still:
            pixels[::8] ^= np.uint8(self._sent % 8)
        return cv2.imencode(".jpg", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1].tobytes()


@contextmanager
def network_camera() -> Iterator[NetworkCamera]:
    """A camera on this machine, for as long as the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            camera.show(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    camera = NetworkCamera(server)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield camera
    finally:
        camera.ended = True
        server.shutdown()
        thread.join()
        server.server_close()
