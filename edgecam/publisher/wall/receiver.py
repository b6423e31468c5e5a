"""The publisher's end of the wall: checks every record, commits events, and only then says so.

The vision half is treated as hostile: what is not of the schema, names what does not exist or may
not be reported, comes out of turn or too often is refused and counted, and never reaches a payload.
"""

import logging
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from edgecam.appliance.log import about
from edgecam.errors import LinkError
from edgecam.link import (
    PROTOCOL,
    Committed,
    FromPublisher,
    Hello,
    Pause,
    Refused,
    Tables,
    Welcome,
    decode_from_vision,
    encode,
    receive,
)
from edgecam.messages import VisionHealth
from edgecam.publisher.control import Control
from edgecam.publisher.monitor import VisionMonitor
from edgecam.publisher.outbox import Outbox
from edgecam.publisher.vocabulary import Vocabulary
from edgecam.publisher.wall.inspector import Inspector
from edgecam.publisher.wall.intake import Intake
from edgecam.publisher.wall.limits import Limits
from edgecam.worker import Worker

MAX_BATCH = 64  # records taken in before the events among them are committed together
HELLO_TIMEOUT_S = 5.0  # for a new peer to say who it is: another may be waiting
KNOWN_TABLES = 4  # configurations that were in force before; events of theirs may still come
PAUSED = "paused"  # the fact that remembers whether the vision half is to look at nothing
_SLICE_S = 0.5

_log = logging.getLogger(__name__)


class Receiver(Worker):
    """Serves one vision half at a time, over a listening socket or one that is connected."""

    def __init__(
        self,
        *,
        listener: socket.socket | None,
        wall: socket.socket | None,
        outbox: Outbox,
        monitor: VisionMonitor,
        control: Control,
        limits: Limits,
        vocabulary: Vocabulary,
        on_news: Callable[[], None],
    ) -> None:
        """`on_news` is called after a commit or a change, from this worker's thread."""
        super().__init__("receiver")
        self._listener = listener
        self._wall = wall
        self._since_s = time.monotonic()  # when the present wall was connected
        self._intake: Intake | None = None
        self._said_second = False  # each is said once until a vision half is let in
        self._said_other = False
        self._answered = 0
        self._paused = control.paused
        self._outbox = outbox
        self._monitor = monitor
        self._control = control
        self._inspector = Inspector(vocabulary.tables, limits, monitor, control)
        self._tables = {vocabulary.tables.fingerprint: vocabulary.tables}
        self._model_name = vocabulary.model.name
        self._on_news = on_news

    def _say_held(self, held: bool) -> None:  # noqa: FBT001  the fact itself
        if held and not self._monitor.held:
            _log.warning(
                "more events than link.events_per_hour lets through: the others wait, and what is "
                "shown falls behind; `decision` can make them fewer"
            )
        elif self._monitor.held and not held:
            _log.info("all events are let through again")
        self._monitor.held = held

    def reload(self, tables: Tables, limits: Limits) -> None:
        """Another configuration is in force; what still comes of the one before is understood."""
        limits.resume(self._inspector.limits)
        self._inspector.limits = limits
        known = [one for one in self._tables.values() if one.fingerprint != tables.fingerprint]
        newest = [*known, tables][-KNOWN_TABLES:]
        self._tables = {one.fingerprint: one for one in newest}

    def step(self) -> None:
        """Take in what has come, commit the events among it, answer; pass on what is asked."""
        self._control.wakeup.clear()
        self._pass_on()
        self._let_go()
        wait_s = self._wait_s()
        self._say_held(self._inspector.limits.held)
        readers: list[Any] = [self._control.wakeup]
        if wait_s <= 0:
            readers += [end for end in (self._wall, self._listener) if end is not None]
        else:
            self._since_s = time.monotonic()  # nobody listens: a hello may wait there
            self._monitor.leave_unread()
        ready, _, _ = select.select(readers, [], [], min(wait_s, _SLICE_S) or _SLICE_S)
        # The wall comes first: where a vision half was restarted, what its old end still holds
        # must be taken in before its new one is let in; turned away, it would give up.
        if self._wall is not None and self._wall in ready:
            self._serve(self._wall)
        elif self._listener in ready:
            self._accept()
        self._check_introduced()
        self._outbox.tidy()

    def close(self) -> None:
        """Close both sockets."""
        for end in (self._wall, self._listener):
            if end is not None:
                end.close()
        self._control.wakeup.close()

    def _accept(self) -> None:
        if self._listener is None:
            return
        wall, _ = self._listener.accept()
        wall.settimeout(0)
        if self._wall is None:
            self._wall = wall
            self._since_s = time.monotonic()
            return
        try:
            wall.send(encode(Refused("another vision half is connected to this publisher")))
            if not self._said_second:
                _log.warning("a second vision half was turned away; it will try again, unsaid")
                self._said_second = True
        except OSError:
            pass  # gone already: a publisher that looked whether we are there
        finally:
            wall.close()

    def _let_go(self) -> None:
        """Forget who went before it was let in.

        Its hello would take the turn of one who still waits, who would go as well before the next:
        once hellos are held back, nobody would ever be let in.
        """
        while self._listener is not None and self._wall is not None and _has_gone(self._wall):
            if self._intake is not None:
                return  # what it still said is taken in first
            self._hang_up()
            if select.select([self._listener], [], [], 0)[0]:
                self._accept()

    def _check_introduced(self) -> None:
        silent = self._wall is not None and self._intake is None and self._listener is not None
        if silent and time.monotonic() - self._since_s > HELLO_TIMEOUT_S:
            self._inspector.refuse("a connection without a hello")
            self._hang_up()

    def _serve(self, wall: socket.socket) -> None:
        try:
            for _ in range(MAX_BATCH):
                if self._wall is not wall or self._wait_s() > 0:
                    break  # what comes faster than it may is left where it holds up its sender
                packet = receive(wall)
                if not packet:
                    raise ConnectionResetError
                self._inspector.limits.record(len(packet))
                self._take(packet)
        except BlockingIOError:
            pass  # everything that had come is taken in
        except OSError:
            self._commit()
            _log.info("the vision half went away", extra=about("vision_disconnected"))
            self._hang_up()
            return
        self._commit()

    def _wait_s(self) -> float:
        return self._inspector.limits.wait_s(introduced=self._intake is not None)

    def _take(self, packet: bytes) -> None:
        try:
            record = decode_from_vision(packet)
        except LinkError as error:
            self._inspector.refuse(str(error))
            return
        if isinstance(record, Hello):
            self._greet(record)
        elif self._intake is None:
            self._inspector.refuse("a record before hello")
        elif self._inspector.inspect(record, self._intake):
            if isinstance(record, VisionHealth):
                self._show()  # it may have gone to sleep, or woken up
            self._on_news()

    def _greet(self, hello: Hello) -> None:
        """The beginning of a connection, or of other tables on the same one."""
        self._commit()
        if self._wall is None:
            return  # it does not take the answers to what it sent before
        in_turn = self._inspector.limits.start()
        if self._intake is not None and (self._intake.run != hello.run or not in_turn):
            self._inspector.refuse("a second hello" if in_turn else "a hello too many")
            return
        tables = self._tables.get(hello.tables)
        if hello.protocol != PROTOCOL or tables is None:
            self._turn_away()
            return
        if self._intake is None:
            self._intake = Intake(
                hello.run, hello.committed, tables, self._model_name, self._outbox
            )
            self._intake.recall(self._monitor.shown)
            self._said_other = False
            self._monitor.connected(hello.run)
            _log.info("the vision half is there", extra=about("vision_connected"))
        self._inspector.tables = tables
        if tables is list(self._tables.values())[-1]:  # nothing of the ones before can still come
            self._tables = {tables.fingerprint: tables}
        self._intake.retable(tables)
        self._show()
        self._answered = self._intake.safe()
        self._answer(Welcome(self._answered, self._paused))
        self._on_news()

    def _turn_away(self) -> None:
        self._answer(
            Refused(
                "the publisher runs with another version, model or configuration; "
                "restart both halves"
            )
        )
        if not self._said_other:
            _log.warning("a vision half with other tables was turned away; restart both halves")
            self._said_other = True
        self._hang_up()

    def _commit(self) -> None:
        batch, self._inspector.batch = self._inspector.batch, []
        if not batch or self._intake is None:
            return
        self._intake.commit(batch)
        self._show()
        self._on_news()
        self._say_committed()

    def _say_committed(self) -> None:
        """Tell vision what it need not keep; without a disk that comes later than the commit."""
        if self._intake is None:
            return
        safe = self._intake.safe()
        if safe > self._answered:
            self._answered = safe
            self._answer(Committed(safe))

    def _pass_on(self) -> None:
        """Say over the wall what has changed on this side of it."""
        paused = self._control.paused
        if paused != self._paused:
            self._paused = paused
            self._outbox.learn({PAUSED: "yes" if paused else ""})
            self._show()
            if self._intake is not None:
                self._answer(Pause(paused))
        if self._intake is not None:
            self._say_committed()
            for question in self._control.questions():
                self._answer(question)

    def _show(self) -> None:
        """What regions show; while nobody looks, that is nothing."""
        if self._paused or self._monitor.asleep:
            self._monitor.forget_states()
        elif self._intake is not None:
            self._monitor.show(self._intake.shown())
            self._monitor.camera_trouble = self._intake.camera_trouble

    def _answer(self, record: FromPublisher) -> None:
        if self._wall is None:
            return
        try:
            self._wall.send(encode(record))
        except BlockingIOError:
            # It will ask again after a reconnect, so nothing is lost.
            _log.warning("the vision half does not take answers")
            self._hang_up()
        except OSError:
            pass  # it is gone, which is noticed once everything that it said is taken in

    def _hang_up(self) -> None:
        if self._wall is not None:
            self._wall.close()
        self._wall = None
        self._said_second = False
        self._intake = None
        self._inspector.batch.clear()
        self._monitor.disconnected()
        self._on_news()


def _has_gone(wall: socket.socket) -> bool:
    """Whether the other end was closed; what it said before may still be there."""
    poll = select.poll()
    poll.register(wall, 0)  # POLLHUP comes unasked
    return bool(poll.poll(0))
