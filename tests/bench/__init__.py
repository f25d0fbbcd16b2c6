"""`python -m tests.bench`: what a check costs, beside a bare loop of `requests`, in one run. Needs Linux (`/proc`).

`server` answers as the provider does, faster than anyone can ask. `scenarios` measures one thing in a process of its
own, whose settings come from the environment that `places` makes; `pipeline` runs the real Celery workers, `bare` is
what they are compared with, `processes` reads what both cost. `report` puts the figures beside their targets.
"""
