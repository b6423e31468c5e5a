"""Scores without a model: softmax, and the best of them."""

import numpy as np
import pytest

from edgecam.vision.classifier import softmax, top_k


def test_softmax_works_in_place() -> None:
    scores = np.log(np.array([1, 2, 5], np.float32))

    softmax(scores)

    np.testing.assert_allclose(scores, [0.125, 0.25, 0.625], rtol=1e-6)


def test_softmax_does_not_overflow() -> None:
    scores = np.array([1000, 1000, -1000], np.float32)

    softmax(scores)

    np.testing.assert_array_equal(scores, [0.5, 0.5, 0])


def test_top_k_gives_the_best_first() -> None:
    scores = np.array([0.125, 0.5, 0.0625, 0.25], np.float32)

    assert top_k(scores, 3) == [(1, 0.5), (3, 0.25), (0, 0.125)]
    assert top_k(scores, 1) == [(1, 0.5)]
    assert len(top_k(scores, 9)) == 4


def test_top_k_leaves_zeros_out() -> None:
    assert top_k(np.array([0, 0.5, 0, 0.25], np.float32), 3) == [(1, 0.5), (3, 0.25)]
    assert top_k(np.zeros(4, np.float32), 3) == []


@pytest.mark.parametrize("labels", [4, 1000])
def test_top_k_breaks_ties_by_the_order_of_labels(labels: int) -> None:
    scores = np.full(labels, 0.25, np.float32)
    scores[2] = 0.5

    assert [index for index, _ in top_k(scores, 4)] == [2, 0, 1, 3]


def test_top_k_gives_plain_numbers() -> None:
    ((index, score),) = top_k(np.array([0.5], np.float32), 1)

    assert (type(index), type(score)) == (int, float)
