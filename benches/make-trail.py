#!/usr/bin/env python3
"""Makes a large trail out of a folder of CloudTrail records.

    make-trail.py CORPUS OUT [--records N] [--files N]

Reads every record below CORPUS and repeats them, each copy with a fresh event
id and a later time, into gzip files named and laid out as CloudTrail names
them. The same arguments give the same bytes. Compare figures only on the same
corpus: repeated data has few distinct rows.
"""

import argparse
import datetime
import gzip
import json
import pathlib
import random
import uuid

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def records_below(folder):
    """Every record of the `.json` and `.json.gz` files below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.name.endswith(".json"):
            text = path.read_bytes()
        elif path.name.endswith(".json.gz"):
            text = gzip.decompress(path.read_bytes())
        else:
            continue
        document = json.loads(text)
        if isinstance(document, dict):
            document = document.get("Records", [])
        for record in document:
            if isinstance(record, dict) and "eventName" in record:
                yield record


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--files", type=int, default=150)
    args = parser.parse_args()

    chance = random.Random(2026)
    corpus = list(records_below(args.corpus))
    if not corpus:
        parser.error(f"no records below {args.corpus}")
    per_file = -(-args.records // args.files)
    account, region = "111122223333", "us-east-1"
    number = 0
    for at in range(args.files):
        records = []
        first = START + datetime.timedelta(minutes=5 * at)
        for _ in range(per_file):
            # CloudTrail leaves `resources` out where there are none.
            source = corpus[number % len(corpus)]
            record = {k: v for k, v in source.items() if k != "resources" or v}
            record["eventID"] = str(uuid.UUID(int=chance.getrandbits(128)))
            time = first + datetime.timedelta(seconds=chance.randrange(300))
            record["eventTime"] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
            records.append(record)
            number += 1
        delivered = first + datetime.timedelta(minutes=15)
        folder = args.out / "AWSLogs" / account / "CloudTrail" / region
        folder = folder / first.strftime("%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{account}_CloudTrail_{region}_{delivered:%Y%m%dT%H%MZ}_{chance.getrandbits(80):016x}.json.gz"
        body = json.dumps({"Records": records}, separators=(",", ":")).encode()
        (folder / name).write_bytes(gzip.compress(body, 6, mtime=0))
    print(f"{number} records in {args.files} files below {args.out}")


if __name__ == "__main__":
    main()
