"""This project's vision half and what else runs the same model, side by side, each at its best.

`python -m edgecam.workshop.peers`, or with the environments it needs: `scripts/bench --peers`.
"""
