"""The traps of the data, each as a check: a refresh that meets one fails."""

import re
import sys

from .iam_data import ACCESS

KEY_TYPES = {
    "String", "ArrayOfString", "ARN", "ArrayOfARN", "Bool", "ArrayOfBool",
    "Numeric", "Date", "IPAddress",
}
ACTION_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
PLACEHOLDER = re.compile(r"\$?\{[^}]+\}")  # one format lacks the dollar
LARGEST_LOSS = 0.02


def run(files, hand_kept):
    problems = []
    documents = {name: file for name, file in files.items() if name.startswith("services/")}
    actions = {
        f"{document['service']}:{name}".lower() for document in documents.values() for name in document["actions"]
    }
    actions |= {f"{prefix}:{name}".lower() for prefix, names in files["newer-actions.json"].items() for name in names}
    for name, document in documents.items():
        problems += [f"{name}: {problem}" for problem in service_problems(document, actions)]
    problems += reference_problems(hand_kept, actions)
    if len(documents) < 455 or len(actions) < 22_000:
        problems.append(f"only {len(documents)} services and {len(actions)} actions")
    multi = [k for k, v in hand_kept["global-keys.json"]["keys"].items() if v["values"] == "multi"]
    if len(multi) != 7:
        problems.append(f"global-keys.json: {len(multi)} multi-valued keys, seven are documented")
    if problems:
        sys.exit("the catalog was not written:\n  " + "\n  ".join(problems))


def service_problems(document, known):
    """Dangling references, odd names, unparsable ARN formats."""
    types, keys, actions = document["resources"], document["keys"], document["actions"]
    if len({name.lower() for name in actions}) != len(actions):
        yield "two actions differ by case only"
    for name, action in actions.items():
        if not ACTION_NAME.fullmatch(name):
            yield f"odd action name {name!r}"
        if action["access"] not in ACCESS.values():
            yield f"{name}: unknown access level {action['access']!r}"
        named = {resource.rstrip("*") for resource in action.get("resources", ())}
        yield from (f"{name}: unknown resource type {t!r}" for t in (named | set(action.get("keys_on", ()))) - set(types))
        listed = set(action.get("keys", ())).union(*action.get("keys_on", {}).values())
        yield from (f"{name}: unknown condition key {key!r}" for key in listed - set(keys))
        yield from (f"{name}: unknown dependent action {n!r}" for n in action.get("needs", ()) if n.lower() not in known)
    for name, resource in types.items():
        yield from (f"{name}: unknown condition key {key!r}" for key in set(resource.get("keys", ())) - set(keys))
        for arn in resource["arn"]:
            if not parses(arn):
                yield f"{name}: unparsable ARN format {arn!r}"
    yield from (f"{key}: unknown type {kind!r}" for key, kind in keys.items() if kind not in KEY_TYPES)


def parses(arn):
    """Six fields once every placeholder, whatever is in it, is one letter."""
    plain = PLACEHOLDER.sub("x", arn)
    return plain.startswith("arn:") and plain.count(":") >= 5 and not set(plain) & set("${}<, ")


def reference_problems(hand_kept, known):
    """Every action that a hand-kept file names must exist."""
    named = {}
    for prefix, operations in hand_kept["operations.json"]["operations"].items():
        for operation, row in operations.items():
            named |= {need["action"]: f"operations.json: {prefix} {operation}" for need in row}
    for kind, table in hand_kept["observability.json"]["data"].items():
        named |= {action: f"observability.json: {kind}" for action in table.get("actions", ())}
    named |= {action: "observability.json: never" for action in hand_kept["observability.json"]["never"]}
    for table in ("privileges", "data_reads"):
        named |= {action: f"privileges.json: {table}" for action in hand_kept["privileges.json"][table]}
    return [
        f"{where} names unknown {action}"
        for action, where in sorted(named.items())
        if not action.endswith(":*") and action.lower() not in known
    ]


def no_large_loss(old, new):
    """More than 2 % of a service's actions gone is a broken source, not news."""
    for name, document in new.items():
        before = set(old.get(name, {}).get("actions", ())) if name.startswith("services/") else set()
        lost = before - set(document.get("actions", ()))
        if len(lost) > max(1, LARGEST_LOSS * len(before)):
            sys.exit(f"{name}: {len(lost)} of {len(before)} actions are gone: {sorted(lost)[:10]}")
