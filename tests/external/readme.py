#!/usr/bin/env python3
"""Runs every ```console block of README.md and compares what it prints.

A line `$ command` (continued behind a backslash) is run by bash at the root of
the repository; the lines up to the next `$ ` are what it must print, standard
output and standard error together. A line `...` stands for any lines. Durations,
rates and cargo's progress do not count.

    tests/external/readme.py            compares
    tests/external/readme.py --bless    writes what is printed into README.md
"""

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CARGO = re.compile(
    r"^ +(Blocking|Building|Compiling|Downloaded|Downloading|Finished|Locking|Running|Updating)\b"
)
VOLATILE = [
    (re.compile(r"\b[\d,.]+ ?(ns|µs|ms|s|seconds?|min)\b"), "<time>"),
    (re.compile(r"\b[\d,.]+ (\S+)/s\b"), r"<rate> \1/s"),
]


def cases(block):
    """The (command, expected lines) of a block."""
    lines = iter(block.splitlines())
    found = []
    for line in lines:
        if line.startswith("$ "):
            command = [line]
            while command[-1].endswith("\\"):
                command.append(next(lines))
            found.append(("\n".join(command), []))
        elif found:
            found[-1][1].append(line)
        else:
            sys.exit(f"README.md: a console block begins with `{line}`, not with a command")
    return found


def run(command):
    """What a command prints, without cargo's progress."""
    env = os.environ | {"NO_COLOR": "1", "CARGO_TERM_COLOR": "never", "TERM": "dumb"}
    target = Path(env.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
    env["PATH"] = f"{target / 'release'}:{env['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command.removeprefix("$ ")],
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    if done.returncode in (101, 126, 127) or done.returncode < 0:
        sys.exit(f"{command}\n{done.stdout}\nexit code {done.returncode}")
    lines = [line.rstrip() for line in done.stdout.splitlines() if not CARGO.match(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def settled(line):
    for pattern, word in VOLATILE:
        line = pattern.sub(word, line)
    return line


def matches(expected, printed):
    """Whether the lines are equal, `...` standing for any number of lines."""
    parts = [re.escape(settled(line)) + "\n" for line in expected]
    pattern = "".join(r"(?:.*\n)*?" if line == "..." else part
                      for line, part in zip(expected, parts))
    return re.fullmatch(pattern, "".join(settled(line) + "\n" for line in printed)) is not None


def main(bless):
    text = README.read_text(encoding="utf-8")
    failures = 0
    blessed = []

    def check(block):
        nonlocal failures
        after = []
        for command, expected in cases(block[1]):
            print(command, flush=True)
            while expected and not expected[-1]:
                expected.pop()
            printed = run(command)
            if not matches(expected, printed):
                failures += 1
                sys.stdout.writelines(
                    line + "\n"
                    for line in difflib.unified_diff(
                        [settled(line) for line in expected],
                        [settled(line) for line in printed],
                        "README.md",
                        "printed",
                        lineterm="",
                    )
                )
                expected = printed
            after.append("\n".join([command, *expected]))
        blessed.append(after)
        return "```console\n" + "\n".join(after) + "\n```"

    new = BLOCK.sub(check, text)
    commands = sum(map(len, blessed))
    if not commands:
        sys.exit("README.md has no console block")
    if bless:
        README.write_text(new, encoding="utf-8")
        print(f"readme.py: wrote {failures} of {commands} outputs")
    elif failures:
        sys.exit(f"readme.py: {failures} of {commands} outputs differ; see --bless")
    else:
        print(f"readme.py: {commands} commands passed")


if __name__ == "__main__":
    main("--bless" in sys.argv[1:])
