"""What a schedule is worth, shown on products whose every change is known. Nothing is stored, and nothing is called.

`truth` knows when the sandbox's products change, `play` lets a policy look at them for some days with so many calls a
day, `adaptive` and `even` are the policies, and `score` tells how long changes waited for the look that shows them.
`proof` plays both on the same days.
"""

from monitor.simulation.proof import WARM_UP, Proof, Setting, prove, world_of
from monitor.simulation.score import Figures, Score

__all__ = ["WARM_UP", "Figures", "Proof", "Score", "Setting", "prove", "world_of"]
