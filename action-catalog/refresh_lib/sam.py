"""What the SAM transform adds to a template: policy templates, connector
profiles, and the paths of AWS's managed policies, which SAM lets people name
without one."""

import json
import sys

STATEMENT = {"Effect", "Action", "Resource", "Principal", "Condition"}
KINDS = {
    "AWS_IAM_ROLE_MANAGED_POLICY": "managed-policy",
    "AWS_LAMBDA_PERMISSION": "lambda-permission",
    "AWS_SQS_QUEUE_POLICY": "queue-policy",
    "AWS_SNS_TOPIC_POLICY": "topic-policy",
}
PERMISSION = {"Action", "Principal", "SourceArn", "SourceAccount"}
OUTPUTS = {"Arn", "Id", "Name", "Qualifier", "Url"}
ARN = "arn:{}:iam::aws:policy/"
COUNTS = (81, 31)


class SamTranslator:
    """The data files of the transform; anything of an unknown shape is refused."""

    def __init__(self, package):
        at = lambda path: json.loads(package.files[f"samtranslator/{path}"])
        self.templates = at("policy_templates_data/policy_templates.json")
        self.profiles = at("model/connector_profiles/profiles.json")
        self.managed = at("internal/data/aws_managed_policies.json")

    def policy_templates(self):
        """Name → parameters in order, and the statements."""
        expect(set(self.templates) == {"Templates", "Version"}, "policy templates", self.templates.keys())
        expect(self.templates["Version"] == "0.0.1", "version of the policy templates", self.templates["Version"])
        expect(len(self.templates["Templates"]) >= COUNTS[0], "number of policy templates", len(self.templates["Templates"]))
        return {"templates": {name: template(name, it) for name, it in sorted(self.templates["Templates"].items())}}

    def connectors(self):
        """Source and destination → kind, whose role, and statements by permission."""
        expect(set(self.profiles) == {"Version", "Permissions", "CfnResourceProperties"}, "profiles", self.profiles.keys())
        expect(self.profiles["Version"] == "1", "version of the profiles", self.profiles["Version"])
        profiles = {
            f"{source} {destination}": profile(f"{source} {destination}", it)
            for source, targets in sorted(self.profiles["Permissions"].items())
            for destination, it in sorted(targets.items())
        }
        expect(len(profiles) >= COUNTS[1], "number of profiles", len(profiles))
        resources = {name: resource(name, it) for name, it in sorted(self.profiles["CfnResourceProperties"].items())}
        return {"profiles": profiles, "resources": resources}

    def managed_policies(self):
        """Path → names. A name has one path in every partition."""
        paths = {}
        for partition, names in self.managed.items():
            for name, arn in names.items():
                head = ARN.format(partition)
                expect(arn.startswith(head) and arn.endswith(name), "ARN of a managed policy", arn)
                path = arn[len(head) : -len(name)]
                expect(paths.setdefault(name, path) == path, "second path of a managed policy", arn)
        return {path: sorted(n for n, p in paths.items() if p == path) for path in sorted(set(paths.values()))}


def template(name, it):
    expect(set(it) == {"Description", "Parameters", "Definition"}, name, it.keys())
    expect(set(it["Definition"]) == {"Statement"}, name, it["Definition"].keys())
    parameters = list(it["Parameters"])
    used = set()
    for statement in it["Definition"]["Statement"]:
        expect(set(statement) <= STATEMENT - {"Principal"}, name, statement)
        values(name, statement, used)
    expect(used == set(parameters), f"parameters of {name}", used)
    return {"parameters": parameters, "statements": it["Definition"]["Statement"]}


def values(name, value, used):
    """Only texts, lists, objects, and the two functions the reader knows."""
    if isinstance(value, str):
        return
    if isinstance(value, list):
        for one in value:
            values(name, one, used)
        return
    expect(isinstance(value, dict), name, value)
    if "Ref" in value:
        expect(set(value) == {"Ref"}, name, value)
        used.add(value["Ref"])
    elif "Fn::Sub" in value:
        expect(set(value) == {"Fn::Sub"}, name, value)
        sub = value["Fn::Sub"]
        if not isinstance(sub, str):
            expect(len(sub) == 2 and isinstance(sub[0], str), name, sub)
            values(name, sub[1], used)
    else:
        expect(not any(key.startswith("Fn::") for key in value), name, value)
        for one in value.values():
            values(name, one, used)


def profile(name, it):
    expect(set(it) - {"_comment"} == {"Type", "Properties"}, name, it.keys())
    properties = it["Properties"]
    known = {"SourcePolicy", "AccessCategories", "DependedBy", "ValidAccessCategories"}
    expect(set(properties) <= known, name, properties.keys())
    expect(it["Type"] in KINDS, f"kind of {name}", it["Type"])
    kind = KINDS[it["Type"]]
    permissions = {}
    for permission, access in properties["AccessCategories"].items():
        expect(permission in ("Read", "Write"), name, permission)
        if kind == "lambda-permission":
            expect(set(access) <= PERMISSION and all(isinstance(v, str) for v in access.values()), name, access)
            permissions[permission] = access
        else:
            expect(set(access) == {"Statement"}, name, access.keys())
            for statement in access["Statement"]:
                expect(set(statement) <= STATEMENT, name, statement)
            permissions[permission] = access["Statement"]
    profile = {"kind": kind, "of": "source" if properties["SourcePolicy"] else "destination", "permissions": permissions}
    if "ValidAccessCategories" in properties:
        profile["combinations"] = [sorted(one) for one in properties["ValidAccessCategories"]]
    return profile


def resource(name, it):
    expect(set(it) <= {"Inputs", "Outputs"}, name, it.keys())
    expect(set(it["Outputs"]) <= OUTPUTS, name, it["Outputs"])
    row = {"outputs": it["Outputs"]}
    role = it.get("Inputs", {}).get("Role")
    if isinstance(role, str):
        row["role"] = role
    elif role is not None:
        # The role of the rule's target, which the reader finds itself.
        expect(role == {"Function": "GetEventsRuleRole"} and name == "AWS::Events::Rule", name, role)
    return row


def expect(holds, what, found):
    if not holds:
        sys.exit(f"aws-sam-translator: unknown shape: {what}: {found!r}")
