"""Runs in the server: rounds of 100 requests that raise, to one port and then to the other. Reads a job on stdin, writes the
p95 of each round in ms on stdout."""

import http.client
import json
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor

AT_ONCE, REQUESTS = 3, 100
HEADERS = {"Host": "lectio.test", "X-Forwarded-Proto": "https"}


def request(port, kind):
    begun = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", f"/api/broken/{kind}/", headers=HEADERS)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 500, answer.status
    return (time.perf_counter() - begun) * 1000


def p95(port, kind):
    with ThreadPoolExecutor(AT_ONCE) as pool:
        times = list(pool.map(lambda _: request(port, kind), range(REQUESTS)))
    return statistics.quantiles(times, n=20)[-1]


def main():
    job = json.load(sys.stdin)
    rows = {name: [] for name in job["ports"]}
    for number in range(job["rounds"] + 1):
        order = list(job["ports"].items())
        for name, port in order if number % 2 else reversed(order):
            taken = p95(port, f"Kind{number}Error")
            if number > 0:
                rows[name].append(taken)
    json.dump(rows, sys.stdout)


main()
