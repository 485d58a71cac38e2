#!/usr/bin/env bash
# The real pre-commit, from PyPI, with our hook in a scratch repository: a good
# policy passes, a bad one fails with the finding on screen, other JSON passes.
source "$(dirname "${BASH_SOURCE[0]}")/setup.bash"
venv 'pre-commit>=4,<5'
hook="$scratch/hook"
user="$scratch/user"
export PRE_COMMIT_HOME="$scratch/home" GIT_CONFIG_GLOBAL="$scratch/gitconfig" GIT_CONFIG_NOSYSTEM=1
git config --global user.name tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global protocol.file.allow always

mkdir "$hook" "$user"
cp .pre-commit-hooks.yaml "$hook"
git -C "$hook" init --quiet
git -C "$hook" add .
git -C "$hook" commit --quiet --message hook
cat >"$user/.pre-commit-config.yaml" <<END
repos:
  - repo: file://$hook
    rev: $(git -C "$hook" rev-parse HEAD)
    hooks:
      - id: leastwise-lint-system
      - id: leastwise-diff-system
END
cat >"$user/good.json" <<'END'
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "ReadOrders",
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::orders-example/2026/*"
        }
    ]
}
END
sed '/"Action"/d' "$user/good.json" >"$user/bad.json"
sed 's/"Allow",/"Allow"/' "$user/good.json" >"$user/broken.json"
echo '{"name": "no policy", "Statement of account": 12}' >"$user/other.json"
printf '{\n  // JSON with comments\n  "compilerOptions": {}\n}\n' >"$user/tsconfig.json"

cd "$user"
git init --quiet
git add .

# run_hook STATUS FILE…: runs the hook on files; its output stays in $output.
run_hook() {
    local expected=$1 status=0
    shift
    output=$("$scratch/venv/bin/pre-commit" run --color never --files "$@" 2>&1) || status=$?
    echo "--- $* (exit $status)"
    echo "$output"
    [[ $status == "$expected" ]] || fail "$*: expected exit $expected, got $status"
}
shows() {
    grep -qF -- "$1" <<<"$output" || fail "the output does not show \`$1\`"
}

git commit --quiet --no-verify --message first
run_hook 0 good.json
shows Passed
run_hook 0 other.json tsconfig.json
run_hook 0 good.json other.json
run_hook 1 bad.json good.json
shows missing-element
shows bad.json:
run_hook 1 broken.json
shows syntax-error
git reset --quiet --hard
sed -i 's/"s3:GetObject"/"s3:*"/' good.json
git add good.json
run_hook 1 good.json
shows WIDENED
shows 'allowed by ReadOrders (good.json:4)'
git commit --quiet --no-verify --message wider
sed -i 's/"s3:\*"/"s3:GetObject"/' good.json
git add good.json
run_hook 0 good.json
echo "pre-commit.sh: passed"
