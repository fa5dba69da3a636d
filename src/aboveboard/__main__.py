"""``python -m aboveboard`` is the command ``aboveboard``."""

from aboveboard.commands.main import main

if __name__ == "__main__":
    main(prog_name="aboveboard")
