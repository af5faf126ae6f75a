"""`qa serve` under load, over the loopback alone; the table goes into README.md.

    python tests/benchmarks/serve_load.py [--clients 200] [--seconds 60] [--no-write]

Every client asks again as soon as it is answered. An error is a status that is not 200, a
connection that breaks, or an answer other than one client got before the load.
"""

import argparse
import asyncio
import datetime
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sections import write

HERE = Path(__file__).parent
OPEN = 0.02  # seconds between two clients' first questions

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass
class Seen:
    milliseconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def start() -> tuple[subprocess.Popen[str], int]:
    """The service, without a limit on one address, and its port."""
    command = [sys.executable, "-m", "qa", "serve", "--port", "0", "--rate", "0"]
    serving = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert serving.stderr
    for line in serving.stderr:
        if found := re.search(r"answers on http://127\.0\.0\.1:(\d+);", line):
            return serving, int(found[1])
    raise SystemExit("the service did not start")


def resident(pid: int) -> float:
    """MiB."""
    run = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(run.stdout) / 1024


async def ask(streams: Streams, question: str) -> tuple[int, bytes]:
    reader, writer = streams
    body = json.dumps({"question": question}).encode()
    head = "POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    told = (await reader.readuntil(b"\r\n\r\n")).decode("ascii")
    length = re.search(r"content-length: (\d+)", told, re.IGNORECASE)
    assert length, told
    return int(told.split()[1]), await reader.readexactly(int(length[1]))


async def client(port: int, questions: dict[str, bytes], first: int, until: float) -> Seen:
    seen = Seen()
    await asyncio.sleep(first * OPEN)
    order = list(questions)
    streams = await asyncio.open_connection("127.0.0.1", port)
    number = first
    while time.monotonic() < until:
        question = order[number % len(order)]
        number += 1
        started = time.perf_counter()
        try:
            status, answer = await ask(streams, question)
        except (OSError, asyncio.IncompleteReadError) as error:
            seen.errors[type(error).__name__] += 1
            streams = await asyncio.open_connection("127.0.0.1", port)
            continue
        seen.milliseconds.append(1000 * (time.perf_counter() - started))
        if status != 200 or answer != questions[question]:
            seen.errors[f"status {status}" if status != 200 else "another answer"] += 1
    streams[1].close()
    return seen


async def load(port: int, pid: int, clients: int, seconds: float) -> list[str]:
    lines = (HERE.parent / "quality" / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    alone = await asyncio.open_connection("127.0.0.1", port)
    questions, taken = {}, []
    for question in (json.loads(line)["question"] for line in lines):
        started = time.perf_counter()
        status, questions[question] = await ask(alone, question)
        taken.append(1000 * (time.perf_counter() - started))
        assert status == 200
    alone[1].close()
    began, until = time.monotonic(), time.monotonic() + seconds
    memory = [resident(pid)]
    asking = [asyncio.create_task(client(port, questions, n, until)) for n in range(clients)]
    while time.monotonic() < until:
        await asyncio.sleep(min(5.0, until - time.monotonic()) if until > time.monotonic() else 0)
        memory.append(resident(pid))
    seen = await asyncio.gather(*asking)
    passed = time.monotonic() - began
    milliseconds = [one for each in seen for one in each.milliseconds]
    errors = sum((each.errors for each in seen), Counter[str]())
    cuts = statistics.quantiles(milliseconds, n=100)
    told = ", ".join(f"{count} {kind}" for kind, count in errors.items()) or "none"
    kept = " – ".join(f"{mib:.0f}" for mib in (memory[0], max(memory), memory[-1]))
    return [
        "| what | value |",
        "|---|---|",
        f"| one client alone: questions a second | {1000 * len(taken) / sum(taken):.0f} |",
        f"| one client alone: median, 99th percentile | {_quantiles(taken)} |",
        f"| {clients} clients, {passed:.0f} s: answered, errors | {len(milliseconds)}, {told} |",
        f"| {clients} clients: questions a second | {len(milliseconds) / passed:.0f} |",
        f"| {clients} clients: median, 99th percentile | {cuts[49]:.0f} ms, {cuts[98]:.0f} ms |",
        f"| resident memory: at the start, the most, at the end | {kept} MiB |",
    ]


def _quantiles(milliseconds: list[float]) -> str:
    cuts = statistics.quantiles(milliseconds, n=100)
    return f"{cuts[49]:.1f} ms, {cuts[98]:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--no-write", action="store_true", help="print the table only")
    options = parser.parse_args()
    busy = os.getloadavg()[0]
    serving, port = start()
    try:
        lines = asyncio.run(load(port, serving.pid, options.clients, options.seconds))
    finally:
        serving.terminate()
        status = serving.wait(60)
    made = (
        f"Made by `python tests/benchmarks/serve_load.py` on {datetime.date.today()}: "
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, "
        f"load average {busy:.1f} before; "
        f"at the end the service left with status {status}."
    )
    text = "\n".join([made, "", *lines])
    if options.no_write:
        print(text)
    else:
        write("serve_load", text)


if __name__ == "__main__":
    main()
