"""The generated files beside services/, and the hand-kept ones they rest on."""

import json

HAND_KEPT = ("operations.json", "observability.json", "global-keys.json", "quotas.json", "privileges.json")


def read_hand_kept(folder):
    return {name: json.loads((folder / name).read_text()) for name in HAND_KEPT}


def newer_actions(primary, floyd, cfn_lint):
    """Actions that both fresher lists know and the primary does not yet."""
    known = primary.all_actions()
    document = {}
    for (prefix, name), access in sorted(floyd.levels.items()):
        if (prefix, name.lower()) not in known and (prefix, name.lower()) in cfn_lint.actions:
            document.setdefault(prefix, {})[name] = {"access": access}
    return document


def retired_actions(primary, newer, floyd, cfn_lint, sentry, parliament):
    """Names that only older lists know."""
    current = primary.all_actions() | cfn_lint.actions
    current |= {(prefix, name.lower()) for prefix, name in floyd.levels}
    current |= {(prefix, name.lower()) for prefix, actions in newer.items() for name in actions}
    gone = {}
    for prefix, name in sorted(sentry.all_actions() | parliament.actions):
        if (prefix, name.lower()) not in current:
            gone.setdefault(prefix, {})[name.lower()] = name
    return {prefix: sorted(names.values()) for prefix, names in gone.items()}


def service_principals(floyd):
    return {"principals": floyd.principals}


def partitions(botocore):
    return {
        partition["id"]: {
            "dns_suffix": partition["outputs"]["dnsSuffix"],
            "region_regex": partition["regionRegex"],
            "regions": sorted(partition["regions"]),
        }
        for partition in sorted(botocore.partitions(), key=lambda p: p["id"])
    }


def sdk_operations(files, botocore, hand_kept, newer):
    """What the service models say about operations: the prefixes behind each
    event source, method and path where the action is made of them, and the
    operations without an action of their name."""
    sources, http, unmapped = {}, {}, {}
    for directory in botocore.models:
        prefix = botocore.prefix[directory]
        for source in botocore.endpoint_names(directory):
            if prefix and source != prefix:
                sources.setdefault(source, set()).add(prefix)
        if prefix == "apigateway":
            for name, operation in botocore.operations(directory).items():
                line = f"{operation['http']['method']} {operation['http']['requestUri'].split('?')[0]}"
                http.setdefault(name, set()).add(line)
        elif prefix:
            missing = without_action(prefix, directory, files, botocore, hand_kept, newer)
            if missing:
                unmapped.setdefault(prefix, set()).update(missing)
    return {
        "event_sources": {source: sorted(prefixes) for source, prefixes in sorted(sources.items())},
        "apigateway": {name: sorted(lines) for name, lines in sorted(http.items())},
        "unmapped": {prefix: sorted(names) for prefix, names in sorted(unmapped.items())},
    }


def without_action(prefix, directory, files, botocore, hand_kept, newer):
    actions = files[f"services/{prefix}.json"]["actions"]
    mapped = {name.lower() for name in actions} | {name.lower() for name in newer.get(prefix, ())}
    mapped |= {op.split(".")[1].lower() for action in actions.values() for op in action.get("ops", ())}
    for table in ("operations", "no_permission"):
        mapped |= {name.lower() for name in hand_kept[table].get(prefix, ())}
    return [name for name in botocore.operations(directory) if name.lower() not in mapped]
