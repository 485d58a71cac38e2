#!/usr/bin/env bash
# leastwise observe beside trailscraper, on the same files, in one run.
#
#     benches/peers/trailscraper.sh CORPUS [RECORDS [FILES]]
#
# CORPUS is a folder of CloudTrail records; make-trail.py repeats them into a
# trail of RECORDS (300000) in FILES (150) gzip files. The floor is unpacking
# alone. trailscraper comes from PyPI into an environment that is thrown away.
# Wants GNU time; LEASTWISE names a release build (default: builds one).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
corpus=$(cd "${1:?usage: trailscraper.sh CORPUS [RECORDS [FILES]]}" && pwd)
records=${2:-300000} files=${3:-150}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [[ -z ${LEASTWISE:-} ]]; then
    (cd "$here/../.." && cargo build --quiet --release)
    LEASTWISE=${CARGO_TARGET_DIR:-$here/../../target}/release/leastwise
fi
python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet --disable-pip-version-check trailscraper
python3 "$here/../make-trail.py" "$corpus" "$scratch/trail" --records "$records" --files "$files"

# measure NAME COMMAND…: seconds and megabytes of a run, its output thrown away.
measure() {
    local name=$1
    shift
    /usr/bin/time -v -o "$scratch/$name.time" "$@" >"$scratch/$name.out" 2>"$scratch/$name.err" ||
        { tail -n 5 "$scratch/$name.err" >&2; exit 1; }
}
# of NAME: wall-clock seconds and peak megabytes of the largest process.
of() {
    awk -F': ' '/Elapsed/ { n = split($2, t, ":"); s = t[n] + 60 * t[n - 1] + (n > 2 ? 3600 * t[1] : 0) }
        /Maximum resident/ { m = $2 / 1024 } END { printf "%.2f %.0f\n", s, m }' "$scratch/$1.time"
}

find "$scratch/trail" -name '*.gz' >"$scratch/list"
measure warm-up xargs -P2 -n10 -a "$scratch/list" zcat
measure floor xargs -P2 -n10 -a "$scratch/list" zcat
measure leastwise "$LEASTWISE" observe "$scratch/trail" --out "$scratch/usage.jsonl" --quiet
# trailscraper select reads the files and filters nothing; generate makes the policy.
measure trailscraper bash -c '"$0/trailscraper" select --log-dir "$1" | "$0/trailscraper" generate' \
    "$scratch/venv/bin" "$scratch/trail"

version=$("$scratch/venv/bin/pip" list --format=freeze | sed -n 's/^trailscraper==//p')
read -r floor_s floor_mb < <(of floor)
read -r ours_s ours_mb < <(of leastwise)
read -r peer_s peer_mb < <(of trailscraper)
echo "$records records, $files files, $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%-24s %9s %9s %12s\n' '' seconds MB records/s
row() { printf '%-24s %9s %9s %12.0f\n' "$1" "$2" "$3" "$(awk -v r="$records" -v s="$2" 'BEGIN { print r / s }')"; }
row 'xargs -P2 zcat' "$floor_s" "$floor_mb"
row 'leastwise observe' "$ours_s" "$ours_mb"
row "trailscraper $version" "$peer_s" "$peer_mb"
awk -v a="$peer_s" -v b="$ours_s" -v c="$peer_mb" -v d="$ours_mb" \
    'BEGIN { printf "leastwise is %.0f times as fast and takes 1/%.0f of the memory\n", a / b, c / d }'
