"""Operations, partitions and the names of event sources, from botocore."""

import gzip
import json
import re


class Botocore:
    def __init__(self, package, prefixes, renames):
        """`prefixes` are the action prefixes; `renames` maps a service
        directory to its prefix where no name of the model is one."""
        self.package = package
        models = {}
        for path in package.files:
            found = re.fullmatch(r"botocore/data/([^/]+)/([^/]+)/service-2\.json(\.gz)?", path)
            if found:
                models[found[1]] = max(models.get(found[1], ("", "")), (found[2], path))
        self.models = {directory: self.read(path) for directory, (_, path) in sorted(models.items())}
        self.prefix = {d: resolve(d, m["metadata"], set(prefixes), renames) for d, m in self.models.items()}

    def read(self, path):
        data = self.package.files[path]
        return json.loads(gzip.decompress(data) if path.endswith(".gz") else data)

    def directories(self, prefix):
        return [directory for directory, p in self.prefix.items() if p == prefix]

    def operations(self, directory):
        return self.models[directory]["operations"]

    def endpoint_names(self, directory):
        """The names under which events of a service may come."""
        metadata = self.models[directory]["metadata"]
        names = (metadata.get("signingName"), metadata["endpointPrefix"])
        return sorted({name.lower() for name in names if name})

    def partitions(self):
        return self.read("botocore/data/partitions.json")["partitions"]


def resolve(directory, metadata, prefixes, renames):
    """The action prefix of a service directory; None where there is none."""
    names = (directory, metadata.get("signingName"), metadata["endpointPrefix"])
    return renames.get(directory) or next((name for name in names if name in prefixes), None)
