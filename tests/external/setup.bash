# Sourced by the scripts beside it. Goes to the root of the repository, makes a
# throw-away folder `$scratch`, and puts the release build of leastwise on PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cargo build --quiet --release --locked
PATH="$(realpath "${CARGO_TARGET_DIR:-target}")/release:$PATH"
export PATH NO_COLOR=1

# venv PACKAGE…: a Python environment in $scratch/venv with these packages.
venv() {
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check "$@" ||
        fail "cannot install $*: is PyPI in reach?"
}

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}
