"""What does a policy learn from at a desk?

A task's own way of doing it, done by the scripted person with a real hand: the elements just before each move, and the
move. Only what the task's check calls done is a demonstration.
"""

from random import Random

from aboveboard.base.errors import Unavailable
from aboveboard.lab.model.desktop_scene import view_of
from aboveboard.lab.model.elements import Act, Scene
from aboveboard.lab.train.element_cloning import Demonstration
from aboveboard.stage.desktop.desk import Desk
from aboveboard.stage.desktop.task import DesktopTask, demonstration


def demonstrate(task: DesktopTask, number: int, *, pace: Random | None = None) -> Demonstration:
    """Demonstration ``number`` of ``task``; raises :class:`Unavailable` where its own way does not lead there."""
    with Desk(demonstration(task, number), pace=pace) as desk:
        steps: list[tuple[Scene, Act]] = []
        for taken in desk.work(task.solve(desk.words)):
            view = view_of(desk.problem.instruction, taken.controls)
            act = view.act(None if taken.place < 0 else taken.controls[taken.place], taken.move)
            if act is None:
                raise Unavailable(f"{task.name}: the policy does not see what {taken.move} is done to")
            steps.append((view.scene, act))
        if not desk.done_soon():
            raise Unavailable(
                f"{task.name}, demonstration {number}, was not done by its own way",
                cause="another version of the application, or a very busy machine",
                fix=f"look at it: make bench-desktop ARGS='--only {task.name}'",
            )
        return Demonstration(task.name, desk.elapsed_s, tuple(steps))
