"""`python -m tests.bench`: the cost of checks, compared with a bare loop of `requests`. Needs Linux
(`/proc`).

`server` answers as the provider does, faster than the workers can ask. Each module in `scenarios`
measures one thing, in its own process with settings from `places`. `pipeline` runs the real Celery
workers, `bare` the loop they are compared with, and `processes` reads the costs of both. `report`
prints the figures beside their targets."""
