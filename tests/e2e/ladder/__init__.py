"""The end-to-end ladder: the appliance on the nearest real things to a Pi, rung by rung.

`scripts/e2e` runs it. A rung ("level") is a set of rows of the table that it prints at the end;
`levels/` says how to add one.
"""
