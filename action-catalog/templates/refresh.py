#!/usr/bin/env python3
"""Rewrites what is known of templates from pinned registry packages.

    refresh.py            fetch the pinned versions, verify, write what changed
    refresh.py --check    write nothing; exit 1 if a file would change
    refresh.py --latest   re-pin every package to its newest version first
    refresh.py --cache F  use packages that were downloaded to F before

`references.json`: what `Ref` and `Fn::GetAtt` of a resource type return, where
that is an ARN, and the property that names the resource.
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from refresh_lib import lock  # noqa: E402
from refresh_lib.text import compact  # noqa: E402

PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def member(package, name):
    found = [path for path in package.files if path.endswith(name)]
    if len(found) != 1:
        sys.exit(f"{name}: found {len(found)} times in the package")
    return json.loads(package.files[found[0]])


def name_properties(cfn_lint):
    """The property that names a resource: its identifier, where people set it."""
    names = {}
    for path, text in sorted(cfn_lint.files.items()):
        if "schemas/resources/" not in path:
            continue
        schema = json.loads(text)
        identifier = schema.get("primaryIdentifier", [])
        if len(identifier) != 1 or identifier[0] in schema.get("readOnlyProperties", []):
            continue
        name = identifier[0].removeprefix("/properties/")
        if schema["properties"].get(name, {}).get("type") == "string" and "/" not in name:
            names[schema["typeName"]] = name
    # Identified by its URL or ARN, named by this all the same.
    names["AWS::SQS::Queue"] = "QueueName"
    names["AWS::SNS::Topic"] = "TopicName"
    names["AWS::StepFunctions::StateMachine"] = "StateMachineName"
    names["AWS::IAM::ManagedPolicy"] = "ManagedPolicyName"
    return names


def references(arns, refs, cfn_lint):
    names = name_properties(cfn_lint)
    table = {}
    for service, types in arns.items():
        for kind, attributes in types.items():
            name = f"AWS::{service}::{kind}"
            row = {}
            for attribute, about in sorted(attributes.items()):
                if about is None or "[" in about["Value"]:
                    row[attribute] = ""  # an ARN of no fixed shape
                elif about["Value"].startswith("arn:") and "}" in about["Value"]:
                    row[attribute] = about["Value"].replace("${AccountId}", "${Account}")
                else:
                    sys.exit(f"{name}.{attribute}: unknown shape {about}")
            table[name] = row
    # The list has the ARN of a layer, and leaves out what CloudFormation adds.
    table["AWS::Lambda::Version"]["Ref"] = (
        "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}:${Version}"
    )
    table["AWS::Logs::LogGroup"]["Arn"] += ":*"
    for name in refs["Resources"]:
        table.setdefault(name, {}).setdefault("Ref", "")
    for name, property_name in names.items():
        table.setdefault(name, {})["name"] = property_name
    return dict(sorted(table.items()))


def lines(table):
    return "{\n" + ",\n".join(f"{compact(key)}: {compact(value)}" for key, value in table.items()) + "\n}\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 on any difference")
    parser.add_argument("--latest", action="store_true", help="re-pin every package to its newest version")
    parser.add_argument("--cache", type=Path, help="folder with packages that were downloaded before")
    options = parser.parse_args()

    header = (FOLDER / "templates.lock").read_text().splitlines()
    comment = "".join(f"{line}\n" for line in header if line.startswith("#"))
    pins = lock.read(FOLDER / "templates.lock")
    with tempfile.TemporaryDirectory() as scratch:
        packages, pins = lock.fetch(pins, options.cache or Path(scratch), latest=options.latest)
    validator = packages["cfn-policy-validator"]
    texts = {
        "references.json": lines(
            references(
                member(validator, "cfn_to_arn_map.json"),
                member(validator, "services_where_ref_returns_arn.json"),
                packages["cfn-lint"],
            )
        ),
        "templates.lock": comment + "".join(" ".join(pin) + "\n" for pin in pins),
    }
    changed = [name for name, text in texts.items() if not (FOLDER / name).exists() or (FOLDER / name).read_text() != text]
    for name in changed:
        if not options.check:
            (FOLDER / name).write_text(texts[name])
        print(f"{'would change' if options.check else 'wrote'} {name}")
    return 1 if changed and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
