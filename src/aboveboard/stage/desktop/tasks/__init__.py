"""All tasks, by name."""

from aboveboard.stage.desktop.task import DesktopTask
from aboveboard.stage.desktop.tasks import editor, files, settings, spreadsheet, terminal

TASKS: dict[str, DesktopTask] = {
    task.name: task for kind in (editor, files, spreadsheet, terminal, settings) for task in kind.TASKS
}
