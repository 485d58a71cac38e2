#!/usr/bin/env bash
# Real outputs of the real binary against schema/*.json, by a validator that is
# not ours: jsonschema, from PyPI.
source "$(dirname "${BASH_SOURCE[0]}")/setup.bash"
venv 'jsonschema>=4,<5'
example=policies/accounts/orders

# produce STATUS FILE COMMAND…: runs it, its output goes to $scratch/FILE.
produce() {
    local expected=$1 file=$2 status=0
    shift 2
    "$@" >"$scratch/$file" || status=$?
    [[ $status == "$expected" ]] || fail "\`$*\` gave exit code $status, not $expected"
}
produce 1 lint.json leastwise lint --format json policies
produce 0 usage.jsonl leastwise observe "$example/trail" --out -
produce 0 summary.txt leastwise generate "$example/trail" --account "$example/account.json" \
    --out "$scratch/roles"
mv "$scratch/roles/report.json" "$scratch/report.json"
for view in shared-roles wildcards; do
    produce 0 "graph-$view.json" leastwise graph "$view" --format json \
        --usage "$scratch/usage.jsonl" "$example/account.json"
done
produce 0 extract.jsonl leastwise extract policies/examples policies/valid --format jsonl
cp policies/organization/organization.json "$scratch/organization.json"
produce 0 explain.json leastwise explain --format json
produce 0 catalog-all.json leastwise catalog '*:*' --format json
produce 0 catalog-service.json leastwise catalog --service s3 --format json
produce 0 simulate.json leastwise simulate --format json --explain --action s3:GetObject \
    --resource arn:aws:s3:::b/k policies/valid/identity.json
for batch in policies/evaluation/*.jsonl; do
    produce 0 "simulate-${batch##*/}" leastwise simulate --batch "$batch" --explain
done
echo nope | produce 2 simulate-refused.jsonl leastwise simulate --batch -
produce 1 diff.json leastwise diff --format json policies/diff/before policies/diff/after
echo '{"id": 1, "old": {"Statement": []}, "new": {"Statement": []}}' >"$scratch/pairs.txt"
echo nope >>"$scratch/pairs.txt"
produce 2 diff-batch.jsonl leastwise diff --batch "$scratch/pairs.txt"
produce 1 check-not-granted.json leastwise check not-granted policies/check/identity \
    --action s3:DeleteObject --format json
produce 1 check-no-public.json leastwise check no-public policies/check/resource --format json

"$scratch/venv/bin/python" - "$scratch" <<'END'
import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator as Validator

scratch = Path(sys.argv[1])
schemas = {path.stem: json.loads(path.read_text()) for path in sorted(Path("schema").glob("*.json"))}
for schema in schemas.values():
    Validator.check_schema(schema)
tried = set()
for path in sorted([*scratch.glob("*.json"), *scratch.glob("*.jsonl")]):
    text = path.read_text()
    values = [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else [json.loads(text)]
    # A line of a batch names no schema: its file does.
    named = values[0].get("schema", f"leastwise/{path.stem.split('-')[0]}/1")
    product, name, version = named.split("/")
    assert (product, version) == ("leastwise", "1"), named
    tried.add(name)
    for value in values:
        for error in Validator(schemas[name]).iter_errors(value):
            sys.exit(f"{path.name}, {error.json_path}: {error.message}")
    print(f"{path.name}: {len(values)} valid")
untried = schemas.keys() - tried
if untried:
    sys.exit(f"no output was held against {sorted(untried)}")
END
echo "schemas.sh: passed"
