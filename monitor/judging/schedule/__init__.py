"""When to check a product again. Pure: knowledge of the product, of all products and of the budget
in, a time out.

`belief` learns from a product's checks how often it changes, and `pace` derives how often to check
it. `fleet` fits what all products share: what to expect of an unknown product, and the multiplier
at which all products together, counted by the `census`, use the budget. `limits` are what users ask
for. `planner` combines all of that for one product. `next_check` sets the time after any outcome of
the last one. `reasons` names why a product is checked as often as it is. `spending` is the plan for
a day's calls."""
