"""The motion gate: whether a region of a frame shows anything new since the model last looked.

A frame becomes a grid of 32x32 colours. It is compared with the grid of the frame that the
model looked at last, and not with the frame before, so that slow pans, fades and dusk add up until
they count. Three things are new:

- another scene: by the mean square of all differences, which finds small changes everywhere (a
  fade, a slow pan), or by the largest mean difference of 3x3 cells, which finds a small object;
- another light, all of it or in bands. The comparison of scenes disregards it: each row is first
  made as bright as it was, because the bands of lamps at 50 Hz are no scene that changes;
- nothing, for `max_idle_s`: then the model looks again, whatever is seen.

How different two frames of a still scene are (noise, rain) is learned from second differences in
time, a - 2b + c, in which whatever changes steadily cancels out, so that a slow fade is not taken
for noise. That has a bound: what moves more than noise can is motion for ever.

The figures below were tuned on made sequences of photographs (`edgecam.workshop.gate.table`).
"""

import math

import cv2
import numpy as np

from edgecam.arrays import Pixels
from edgecam.vision.grid import SIDE, Grid, Reduction

LEARN_FRAMES = 8  # looked at before anything is known of the noise

_HELD = 3  # frames, for second differences
_LEARN_EVERY = 2  # frames, which halves what learning costs
_LEARN_QUIET_EVERY = 8  # where nothing changes: more noise is no such frame, less can wait
_LEARN_MOVING_EVERY = 4  # of what moves little is to be learned
_STILL_RATE = 1 / 8  # the part of what is seen that noise takes over from a frame of a still scene
_MOVING_RATE = 1 / 16  # and from one of a moving scene: the gain of a sensor may go up at once
_DARK = 8.0  # grey levels, added where light is divided by light: black has no ratio
_LIGHT = 0.007  # the part by which all light may change unseen: 1 % of a stop
_LEAST_BANDS, _MOST_BANDS = 0.005, 0.1  # the same for rows of their own, as a standard deviation
_BANDS_UP, _BANDS_DOWN = 1.05, 0.999  # by frame: known after some seconds, forgotten after minutes
_RELIT = 0.2  # how wrong a row may be that was made as bright as it was: clipped pixels, curves
_SECOND_DIFFERENCE = 3  # its variance for noise is 1 + 4 + 1 times that of a frame, not 1 + 1


class MotionGate:
    """The memory of one region; ask it about every frame, in order."""

    def __init__(self, max_idle_s: float, window: int) -> None:
        """`window`: the looks that a decision counts, which then are to be of one scene."""
        self.window = window
        """How many more frames are looked at after the last that moved."""
        self.news = False
        """Whether the last frame was wanted for what it shows, and not for the time gone by."""
        self._max_idle_ns = round(max_idle_s * 1e9)
        self._reduction = Reduction()
        self._frames: Grid = np.zeros((_HELD, SIDE, 3 * SIDE), np.float32)
        self._lights = np.zeros((_HELD, SIDE), np.float32)
        self._seen: Grid = np.zeros((SIDE, 3 * SIDE), np.float32)
        self._seen_light = np.zeros(SIDE, np.float32)
        self._seen_mean = 0.0
        self._plain, self._difference, self._work = np.zeros((3, SIDE, 3 * SIDE), np.float32)
        self._looked_ns = 0
        self._forget()

    def worth_a_look(self, view: Pixels, at_ns: int) -> bool:
        """Whether the model should look at this frame, taken at a monotonic time.

        `view` is what the model would see of it, `(h, w, 3)` uint8 RGB of any size. It is taken for
        granted that the model does look where this says so; it may look more often.
        """
        if self._reduction.begin(view.shape):
            self._forget()
        newest = self._count % _HELD
        self._count += 1
        self._reduction.reduce(view, self._frames[newest])
        # Of OpenCV like the rest, and not of NumPy's BLAS: less code to fetch after a pause.
        cv2.reduce(self._frames[newest], 1, cv2.REDUCE_AVG, dst=self._lights[newest][:, None])
        new = self._count == 1 or self._is_new(newest)
        self.news = new or self._count <= LEARN_FRAMES
        wanted = self.news or at_ns - self._looked_ns >= self._max_idle_ns
        if wanted:
            np.copyto(self._seen, self._frames[newest])
            np.copyto(self._seen_light, self._lights[newest])
            self._seen_mean = float(self._seen_light.sum()) / SIDE
            self._looked_ns = at_ns
        return wanted

    @property
    def moving(self) -> bool:
        """Whether another scene came into view just now."""
        return self._settling > 0

    def _forget(self) -> None:
        """Begin anew: frames of another size have nothing in common with those before.

        So what the first of them show came into view just now.
        """
        self._count = 0
        self._settling = self.window
        self._everywhere = _Noise(factor=1.3, least=0.02, most=36.0)
        self._somewhere = _Noise(factor=1.5, least=0.25, most=12.0)
        self._bands = _LEAST_BANDS

    def _is_new(self, newest: int) -> bool:
        """Whether a frame shows what was not seen, or one shortly before it did; learns from it."""
        cv2.absdiff(self._frames[newest], self._seen, dst=self._plain)
        everywhere, somewhere = _strength(self._plain, self._work)
        noise = not self._exceeds(everywhere, somewhere, 0.0)
        # The mean change of a row, or of all, is no larger than the root of the mean square: where
        # that is small there is no other light. Almost every frame of a still scene ends here.
        quiet = noise and everywhere <= (_LEAST_BANDS * (self._seen_mean + _DARK)) ** 2
        light, bands = (0.0, 0.0) if quiet else self._light_change(newest)
        # What makes rows as bright as they were makes differences smaller, and limits larger.
        moving = not noise and self._is_moving(newest, bands)
        every = _LEARN_QUIET_EVERY if quiet else _LEARN_MOVING_EVERY if moving else _LEARN_EVERY
        if self._count >= _HELD and (self._count <= LEARN_FRAMES or self._count % every == 0):
            self._learn(newest, moving=moving)
        if moving:
            self._settling = self.window
            return True
        # Half of what is known of bands: a frame need not hold a whole number of them.
        if light > max(_LIGHT, (self._bands - _LEAST_BANDS) / 2):
            return True
        if bands > self._bands:
            self._bands = min(self._bands * _BANDS_UP, _MOST_BANDS)
            return True
        self._bands = max(self._bands * _BANDS_DOWN, _LEAST_BANDS)
        if self._settling:
            self._settling -= 1
            return True
        return False

    def _light_change(self, newest: int) -> tuple[float, float]:
        """By which part the light changed, and by how much more or less from row to row."""
        change = self._lights[newest] - self._seen_light
        change /= self._seen_mean + _DARK
        overall = float(change.sum()) / SIDE
        bands = float(np.vdot(change, change)) / SIDE - overall * overall
        return abs(overall), math.sqrt(max(bands, 0.0))

    def _is_moving(self, newest: int, bands: float) -> bool:
        """Whether the scene differs from the one looked at beyond noise, whatever the light."""
        difference = self._difference
        self._relight(newest, difference)
        cv2.absdiff(difference, self._seen, dst=difference)
        # Where pixels are clipped more light changes nothing, and making them as bright would.
        cv2.min(difference, self._plain, dst=difference)
        everywhere, somewhere = _strength(difference, self._work)
        return self._exceeds(everywhere, somewhere, bands * self._seen_mean)

    def _exceeds(self, everywhere: float, somewhere: float, wrong: float) -> bool:
        """Whether differences are beyond noise, where rows may be `wrong` by so many grey levels."""
        return everywhere > self._everywhere.limit((_RELIT * wrong) ** 2) or (
            somewhere > self._somewhere.limit(wrong)
        )

    def _learn(self, newest: int, *, moving: bool) -> None:
        """Take the noise of the last three frames into account."""
        second, work = self._difference, self._work
        self._relight(newest, second)
        self._relight((newest - 1) % _HELD, work)
        cv2.addWeighted(second, 1, work, -2, 0, dst=second)
        self._relight((newest - 2) % _HELD, work)
        np.add(second, work, out=second)
        np.abs(second, out=second)
        everywhere, somewhere = _strength(second, work)
        self._everywhere.learn(everywhere / _SECOND_DIFFERENCE, moving=moving)
        self._somewhere.learn(somewhere / math.sqrt(_SECOND_DIFFERENCE), moving=moving)

    def _relight(self, index: int, into: Grid) -> None:
        """Write a frame with its rows as bright as those of the frame looked at."""
        gain = (self._seen_light + _DARK) / (self._lights[index] + _DARK)
        # In two steps: NumPy's multiply() would allocate a grid for what it repeats.
        np.copyto(into, gain[:, None])
        cv2.multiply(self._frames[index], into, dst=into)


class _Noise:
    """How strong the differences of a still scene are, and from where on one is a change.

    `usual` follows what is seen; `most` is what no noise reaches.
    """

    def __init__(self, *, factor: float, least: float, most: float) -> None:
        self._factor = factor
        self._least = least
        self._most = most
        self._learned = 0
        self._usual = most

    def limit(self, allowance: float) -> float:
        """What a change exceeds, where so much more than usual is to be expected."""
        return min(self._factor * self._usual + self._least + allowance, self._most)

    def learn(self, strength: float, *, moving: bool) -> None:
        """Follow what is seen: at first its least, later slowly, and no outlier far."""
        self._learned += 1
        if self._learned <= LEARN_FRAMES - _HELD + 1:
            self._usual = min(self._usual, strength)  # whatever else moves at the start is no noise
            return
        rate = _MOVING_RATE if moving and strength > self._usual else _STILL_RATE
        strength = min(strength, 2 * self._usual + self._least)
        self._usual = min(self._usual + rate * (strength - self._usual), self._most)


def _strength(difference: Grid, work: Grid) -> tuple[float, float]:
    """The mean square of absolute differences, and the largest mean of 3x3 cells of a colour."""
    everywhere = cv2.norm(difference, cv2.NORM_L2SQR) / difference.size
    cells = (SIDE, SIDE, 3)
    cv2.blur(difference.reshape(cells), (3, 3), dst=work.reshape(cells))
    return everywhere, cv2.norm(work, cv2.NORM_INF)
