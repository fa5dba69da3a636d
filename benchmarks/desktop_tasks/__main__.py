"""``python -m benchmarks.desktop_tasks``: the workers find what they are to do in a module of its own."""

from benchmarks.desktop_tasks.trying import main

if __name__ == "__main__":
    main()
