"""Runs in the server: rounds of commands, interleaved, each through bench_cost; the bare client
between them. Reads a JSON job on stdin, writes JSON on stdout."""

import json
import os
import subprocess
import sys


def cost(launcher, command, environment):
    done = subprocess.run([launcher, *command], env={**os.environ, **environment}, check=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    code, wall, cpu, rss = map(int, done.stderr.splitlines()[-1].split())
    return {"code": code, "wall_ms": wall / 1e3, "cpu_ms": cpu / 1e3, "rss_mb": rss / 1024}


class Bare:
    """The client that is always warm."""

    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def main():
    job = json.load(sys.stdin)
    bare = Bare(job["bare"], job["environment"]) if "bare" in job else None
    rows = {name: [] for name in job["commands"]}
    floor = []
    for number in range(job["rounds"] + 1):
        if bare:
            bare.round()  # gunicorn closes idle connections: this one warms them
            floor.append(bare.round())
        for name, command in job["commands"].items():
            measured = cost(job["launcher"], command, job["environment"])
            if number > 0:
                rows[name].append(measured)
    if bare:
        bare.end()
    json.dump({"rows": rows, "floor": floor[1:]}, sys.stdout)


main()
