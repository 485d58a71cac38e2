"""services/<prefix>.json."""

from .iam_data import ACCESS


def build(primary, sentry, botocore):
    known = {f"{prefix}:{name}".lower() for prefix, name in primary.all_actions()}
    return {prefix: service(prefix, primary, sentry, botocore, known) for prefix in primary.prefixes()}


def service(prefix, primary, sentry, botocore, known):
    directories = botocore.directories(prefix)
    types = primary.resource_types(prefix)
    own_keys = {t["key"]: set(t.get("conditionKeys", ())) for t in types.values()}
    actions = primary.actions(prefix)
    operations = {name.lower() for d in directories for name in botocore.operations(d)}
    document = {"service": prefix, "name": primary.names[prefix]}
    if prefix in primary.rcp:
        document["rcp"] = True
    if directories:
        document["sdk"] = directories
    document["actions"] = {}
    for action in sorted(actions.values(), key=lambda action: action["name"]):
        name = action["name"]
        entry = {"access": ACCESS.get(action["accessLevel"], action["accessLevel"])}
        add(entry, "resources", resource_names(action))
        add(entry, "keys", sorted(set(action["conditionKeys"])))
        add(entry, "keys_on", narrowed_keys(action, own_keys))
        add(entry, "needs", sorted(n for n in sentry.needs(prefix, name) if n.lower() in known))
        add(entry, "ops", documented_operations(sentry.documented_operation(prefix, name), directories, botocore, actions))
        add(entry, "no_op", name.lower() not in operations)
        document["actions"][name] = entry
    document["resources"] = {
        t["key"]: {"arn": arn_formats(t["arn"])} | ({"keys": sorted(own_keys[t["key"]])} if own_keys[t["key"]] else {})
        for t in sorted(types.values(), key=lambda t: t["key"])
    }
    keys = primary.condition_keys(prefix).values()
    document["keys"] = {k["key"]: k["type"] for k in sorted(keys, key=lambda k: k["key"])}
    return document


def add(entry, key, value):
    if value:
        entry[key] = value


def resource_names(action):
    """Type names, `*` behind those documented as required. Six actions list a
    type twice."""
    required = {}
    for link in action["resourceTypes"]:
        required[link["name"]] = required.get(link["name"], False) or link["required"]
    return [name + ("*" if needed else "") for name, needed in sorted(required.items())]


def narrowed_keys(action, own_keys):
    """The per-type key lists that differ from the type's own keys."""
    lists = {}
    for link in action["resourceTypes"]:
        if link["conditionKeys"]:
            lists.setdefault(link["name"], set()).update(link["conditionKeys"])
    return {name: sorted(keys) for name, keys in sorted(lists.items()) if keys != own_keys[name]}


def arn_formats(text):
    """Thirteen types write several formats in one string, joined by a comma."""
    return text.split(", ")


def documented_operations(operation, directories, botocore, actions):
    """`s3.ListObjectsV2` for an action whose page is that of an operation which
    no action is named after."""
    if operation is None or operation.lower() in actions:
        return []
    return [f"{d}.{operation}" for d in directories if operation in botocore.operations(d)]
