"""When to check a product again. Pure: knowledge of the product, of all products and of the budget in, a time out.

`belief` learns from a product's checks how often it changes, and `pace` derives how often to check it. `fleet` fits
what all products share: what to expect of an unknown product, and the multiplier at which all products together,
counted by the `census`, use the budget. `day` learns the hours at which products change, and plans checks for them.
`limits` are what users ask for. `planner` combines all of that for one product. `looks` sets the next check after any
outcome of the last one, and `reasons` explains it. `spending` is the plan for a day's calls.
"""
