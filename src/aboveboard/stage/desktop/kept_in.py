"""How is an application kept from everything but the folder that it was given?

    python -I -m aboveboard.stage.desktop.kept_in FOLDER PROGRAM [ARGUMENT …]

Whoever acts in it may be a policy that presses anything: a file manager could empty a home, a terminal could write
anywhere. So the program gives up, before it is started and for all that it starts, every path but the system's, which
it may read, and ``FOLDER`` (Landlock, Linux 5.13+). Where the kernel cannot do that, the program is not started.
"""

import os
import sys
from pathlib import Path

from landlock import FSAccess, LandlockError, Ruleset

READ = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys", "/var/lib", "/var/cache")
"""Read and execute only."""
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/pts")
"""Read and write; no disk is among them."""
SHARED_MEMORY = "/dev/shm"  # noqa: S108 - a toolkit shows its pictures to the X server through it


def main() -> None:
    """Keep to the folder, then become the program."""
    folder, path, *arguments = sys.argv[1:]
    readable = FSAccess.EXECUTE | FSAccess.READ_FILE | FSAccess.READ_DIR
    try:
        rules = Ruleset()
        for place in READ:
            if Path(place).exists():
                rules.allow(place, rules=readable)
        for place in DEVICES:
            if Path(place).exists():
                rules.allow(place, rules=FSAccess.all() if Path(place).is_dir() else FSAccess.all_file())
        for place in (SHARED_MEMORY, folder):
            rules.allow(place)
        rules.apply()
    except (OSError, LandlockError) as error:
        sys.exit(f"{path} cannot be kept to its folder, and is not started: {error} (is Landlock in this kernel?)")
    os.chdir(folder)
    os.execv(path, [path, *arguments])  # noqa: S606 - no shell is what is wanted


if __name__ == "__main__":
    main()
