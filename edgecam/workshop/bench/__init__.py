"""`edgecam bench`: what the configured appliance costs on this machine, and how fast it is.

loop        the vision half in this process against bare `invoke()`: rates, stages, allocations
stages      how long each stage of a look took in it
regions     what a second and a fourth region cost; both take `turns`
appliance   both halves as real processes on the configured camera: start-up, rate, memory, heat
latency     from a frame to a subscriber's message, with a broker and the queue on disk
gate        what the motion gate saves before a still scene, as `still_half` shows it, and takes
meters      energy that can be measured here; `boards` estimates it where none can
battery     how long one lasts in each mode of power
result      all of it; `budgets` says what is good enough; `table` and `page` show it
"""
