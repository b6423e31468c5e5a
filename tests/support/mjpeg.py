"""A network camera: a stream of JPEG pictures over HTTP, as cheap ones deliver it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

_PICTURE = cv2.imencode(".jpg", np.full((48, 64, 3), 90, np.uint8))[1].tobytes()
_PART = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n"


class NetworkCamera:
    """Counts who has watched, and who does."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/stream.mjpg"
        self.watched = 0
        self.watching = 0
        self.ended = False

    def show(self, handler: BaseHTTPRequestHandler) -> None:
        """Send 50 pictures a second until the other end goes away."""
        self.watched += 1
        self.watching += 1
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        try:
            while not self.ended:
                handler.wfile.write(_PART % (len(_PICTURE), _PICTURE))
                time.sleep(0.02)
        except OSError:
            pass  # it has gone
        finally:
            self.watching -= 1


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
