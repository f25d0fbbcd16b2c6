"""`python -m tests.chaos`: the whole system under random faults, and a verdict over every row.
Needs PostgreSQL, Redis.

`market` is a provider whose truth is known, `faults` the table of what goes wrong, `stack` the
processes that are killed, `people` those who use the site meanwhile, `verdict` what must be 0
afterwards. The seed decides the order of the faults and how products change; when exactly a process
is hit is the machine's."""
