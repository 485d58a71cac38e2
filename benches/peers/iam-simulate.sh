#!/usr/bin/env bash
# leastwise's simulator beside the npm package @cloud-copilot/iam-simulate, on
# the same requests, in one run.
#
#     benches/peers/iam-simulate.sh [REQUESTS.jsonl…]
#
# REQUESTS (policies/evaluation/*.jsonl) are lines of `simulate --batch`. Both
# get policies as JSON and read them for every request, on one thread; the peer
# as a library that is warm, leastwise as a process. Decisions that differ are
# printed, and are no failure. `warm` is leastwise's library with policies that
# are compiled. Times are processor time. The package goes into a folder that is
# thrown away. Wants GNU time; LEASTWISE names a release build (default: builds
# one), PACKAGES a folder that has the package.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
requests=("$@")
[[ $# -gt 0 ]] || requests=(policies/evaluation/*.jsonl)
seconds=3 rounds=1000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [[ -z ${LEASTWISE:-} ]]; then
    cargo build --quiet --release --locked
    LEASTWISE=${CARGO_TARGET_DIR:-target}/release/leastwise
fi
if [[ -z ${PACKAGES:-} ]]; then
    PACKAGES=$scratch/packages
    mkdir "$PACKAGES"
    (cd "$PACKAGES" && npm init --yes >/dev/null &&
        npm install --silent --no-audit --no-fund --ignore-scripts @cloud-copilot/iam-simulate >/dev/null)
fi
warm=$(cargo bench --quiet --locked --bench evaluate -- warm 2>/dev/null |
    awk -F'│' '$1 ~ / warm / { gsub(/^ +| +$/, "", $3); print $3 }')

cat "${requests[@]}" >"$scratch/requests.jsonl"
load=$(cut -d' ' -f1 /proc/loadavg)
peer=$(node benches/peers/iam_simulate.mjs "$PACKAGES" \
    "$scratch/requests.jsonl" "$scratch/theirs.jsonl" "$seconds")

# The requests that the peer answers, and again many times over.
python3 - "$scratch" "$rounds" <<'PYTHON'
import json, pathlib, sys

scratch, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
lines = (scratch / "requests.jsonl").read_text().splitlines()
theirs = [json.loads(line) for line in (scratch / "theirs.jsonl").read_text().splitlines()]
answered = "".join(l + "\n" for l, t in zip(lines, theirs, strict=True) if t["decision"])
(scratch / "answered.jsonl").write_text(answered)
(scratch / "many.jsonl").write_text(answered * rounds)
PYTHON
export RAYON_NUM_THREADS=1
"$LEASTWISE" simulate --batch "$scratch/requests.jsonl" >"$scratch/ours.jsonl"
# Microseconds of processor time; a start is measured by itself and left out.
clock() {
    /usr/bin/time -f '%U %S' -o "$scratch/time" "$LEASTWISE" simulate --batch "$1" >/dev/null
    awk '{ printf "%.0f\n", ($1 + $2) * 1e6 }' "$scratch/time"
}
few=$(clock "$scratch/answered.jsonl")
many=$(clock "$scratch/many.jsonl")

version=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["version"])' \
    "$PACKAGES/node_modules/@cloud-copilot/iam-simulate/package.json")
python3 - "$scratch" "$rounds" "$few" "$many" "$peer" "$version" "$warm" "$load" <<'PYTHON'
import json, os, pathlib, sys

scratch, rounds, few, many, peer, version, warm, load = sys.argv[1:]
read = lambda name: [json.loads(line) for line in (pathlib.Path(scratch) / name).open()]
ours, theirs = read("ours.jsonl"), read("theirs.jsonl")
unasked = [t for t in theirs if not t["decision"]]
pairs = [(o, t) for o, t in zip(ours, theirs, strict=True) if t["decision"]]
different = [(o, t) for o, t in pairs if o.get("decision") != t["decision"]]
for mine, other in different:
    print(f"different: {mine['id']}: leastwise {mine.get('decision')}, peer {other['decision']}")
for other in unasked:
    print(f"not put to the peer: {other['id']}: {other['why']}")
one = (int(many) - int(few)) / (len(pairs) * (int(rounds) - 1))
print(f"{os.cpu_count()} cores, load {load}")
print(f"{len(theirs)} requests, {len(pairs)} answered by both, "
      f"{len(pairs) - len(different)} decisions equal, {len(different)} different")
print(f"{'microseconds a request':<44}{'':>8}   ratio")
rows = [
    (f"iam-simulate {version}, runSimulation", float(peer)),
    ("leastwise simulate --batch, one thread", one),
]
for name, cost in rows:
    print(f"{name:<44}{cost:>8.1f}{cost / one:>8.0f}")
print(f"leastwise's library, policies compiled (divan `warm`, median): {warm}")
PYTHON
