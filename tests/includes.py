"""The floors of the house: includes only point down, and no drawers.

tools -> tool -> report, alert, site -> check -> io -> base. A folder may include
its own files and those of lower floors, never a sibling on the same floor.
"""

import pathlib
import re
import sys

FLOORS = {"base": 0, "io": 1, "check": 2, "alert": 3, "report": 3, "site": 3, "tool": 4}
DRAWERS = {"util", "utils", "helper", "helpers", "misc", "common"}
INCLUDE = re.compile(r'^\s*#include\s+"([^"]+)"', re.MULTILINE)


def allowed(folder, included):
    if folder == included:
        return True
    return FLOORS[included] < FLOORS[folder]


def faults(root):
    for path in sorted((root / "libcommon").rglob("*.[ch]pp")):
        folder = path.relative_to(root / "libcommon").parts[0]
        if folder not in FLOORS:
            yield f"{path}: {folder} is no floor of the house"
            continue
        for included in INCLUDE.findall(path.read_text(encoding="utf-8")):
            floor = included.split("/")[0]
            if floor not in FLOORS:
                yield f"{path}: includes {included}: name it from libcommon's root"
            elif not allowed(folder, floor):
                yield f"{path}: {folder} includes {included}: includes only point down"
    for path in sorted((root / "tools").rglob("*.[ch]pp")):
        tool = path.relative_to(root / "tools").parts[0]
        for included in INCLUDE.findall(path.read_text(encoding="utf-8")):
            first = included.split("/")[0]
            if first not in FLOORS and first != tool:
                yield f"{path}: includes {included}: a tool never includes another tool"
    for folder in ("libcommon", "tools", "tests", "bench"):
        for path in sorted((root / folder).rglob("*")):
            if path.stem.lower() in DRAWERS and path.suffix in {".hpp", ".cpp", ".h", ".py"}:
                yield f"{path}: a file of this name becomes a drawer: name its subject"


def main():
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "includes point down")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
