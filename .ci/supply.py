"""What Deskhand is made of: `audit` (known vulnerabilities), `licences`, `sbom` (CycloneDX).

Reads `uv.lock`, whose every file has a sha256 that is checked at installation, and the metadata
of what is installed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
SBOM = ROOT / "dist" / "deskhand.cdx.json"

SHIPPED = (
    ("all-MiniLM-L6-v2", "int8", "Apache-2.0", "engine/adapters/minilm"),
    ("WordNet", "3.0", "WordNet-3.0", "engine/verification/lexicon"),
    ("preact", "11.2.0", "MIT", "bot/page/static/vendor"),
    ("htm", "3.1.1", "Apache-2.0", "bot/page/static/vendor"),
    ("marked", "18.2.1", "MIT", "bot/page/static/vendor"),
    ("inter", "5.3.0", "OFL-1.1", "bot/page/static/vendor"),
)
"""Name, version, licence and place of what lies in the tree and is not ours."""

_SPDX = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.1-or-later",
    "Python Software Foundation License": "PSF-2.0",
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause AND Apache-2.0",
}
_TEXTS = (
    (re.compile(r"\bMIT License\b"), "MIT"),
    (re.compile(r"Permission is hereby granted, free of charge"), "MIT"),
    (re.compile(r"Apache License\s+Version 2\.0"), "Apache-2.0"),
    (re.compile(r"Redistribution and use in source and binary forms"), "BSD-3-Clause"),
)
_MAY_SHIP = frozenset(
    (
        "0BSD Apache-2.0 BSD-2-Clause BSD-3-Clause CC0-1.0 HPND ISC LGPL-2.1-or-later MIT MIT-0 "
        "MIT-CMU MPL-2.0 OFL-1.1 PSF-2.0 Python-2.0 Unlicense WordNet-3.0 Zlib"
    ).split()
)
"""Permissive ones, and those of single files or of libraries that are imported as they are."""
_WORD = re.compile(r"[A-Za-z0-9.+-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something of others that a Deskhand holds. licence: SPDX, empty where it is not known."""

    name: str
    version: str
    licence: str
    source: str


def parts(bom: dict[str, Any]) -> list[Part]:
    """What the bill of materials names and is installed here, and what lies in the tree."""
    found = []
    for component in bom["components"]:
        try:
            package = metadata.metadata(component["name"])
        except metadata.PackageNotFoundError:  # for another platform or Python
            continue
        found.append(
            Part(
                name=component["name"],
                version=component["version"],
                licence=licence_of(package, component["name"]),
                source="PyPI",
            )
        )
    shipped = [Part(name=n, version=v, licence=li, source=place) for n, v, li, place in SHIPPED]
    return sorted([*found, *shipped], key=lambda part: part.name.lower())


def licence_of(package: Any, name: str) -> str:
    """The SPDX expression: stated, else of the classifiers, else of the licence's own text."""
    if stated := package.get("License-Expression"):
        return str(stated)
    labels = [
        label.rpartition(" :: ")[2]
        for label in package.get_all("Classifier") or []
        if label.startswith("License ::") and not label.endswith("OSI Approved")
    ]
    stated = str(package.get("License") or "").strip()
    if not labels and "\n" not in stated:
        labels = [stated] if stated else []
    known = [_SPDX.get(label, label) for label in labels]
    if known:
        return " OR ".join(sorted(set(known)))
    for file in metadata.files(name) or []:
        if "licen" in file.name.lower():
            text = Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
            return next((spdx for pattern, spdx in _TEXTS if pattern.search(text)), "")
    return ""


def may_ship(licence: str) -> bool:
    """Whether each licence that has to be kept to is one that we keep to.

    Of `A OR B` one is enough; what is nested has to be kept to whole.
    """
    if "(" in licence or " OR " not in licence:
        names = [word for word in _WORD.findall(licence) if word not in ("AND", "OR")]
        return bool(names) and all(name in _MAY_SHIP for name in names)
    return any(may_ship(part) for part in licence.split(" OR "))


def locked(*options: str) -> str:
    """What `uv export` says of the lock file without changing or fetching anything."""
    done = subprocess.run(
        [UV, "export", "--frozen", "--offline", "--no-emit-project", "--quiet", *options],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def bill() -> dict[str, Any]:
    """CycloneDX of what a Deskhand runs with: packages with their sums, and licences of all."""
    bom: dict[str, Any] = json.loads(locked("--no-dev", "--format", "cyclonedx1.5"))
    known = {part.name: part.licence for part in parts(bom)}
    for component in bom["components"]:
        if licence := known.get(component["name"]):
            component["licenses"] = [{"expression": licence}]
    bom["components"] += [
        {
            "type": "machine-learning-model" if "MiniLM" in name else "library",
            "bom-ref": f"{name}@{version}",
            "name": name,
            "version": version,
            "licenses": [{"license": {"name": licence}}],
        }
        for name, version, licence, _ in SHIPPED
    ]
    return bom


def write_bill() -> int:
    bom = bill()
    SBOM.parent.mkdir(exist_ok=True)
    SBOM.write_text(json.dumps(bom, indent=2) + "\n", encoding="utf-8")
    print(f"{len(bom['components'])} components in {SBOM.relative_to(ROOT)}")
    return 0


def list_licences() -> int:
    found = parts(json.loads(locked("--no-dev", "--format", "cyclonedx1.5")))
    for part in found:
        print(f"{part.name:42} {part.version:16} {part.licence or 'not known':38} {part.source}")
    refused = [part.name for part in found if not may_ship(part.licence)]
    if refused:
        print(f"look at the licence of {', '.join(refused)}", file=sys.stderr)
    return 1 if refused else 0


def audit() -> int:
    """Asks PyPI, else OSV, for the known vulnerabilities of every locked package."""
    with tempfile.TemporaryDirectory(prefix="deskhand-audit-") as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text(locked("--format", "requirements.txt"), encoding="utf-8")
        said: Report | None = None
        for service in ("pypi", "osv"):
            said = asked(wanted, service) or said
            if said is not None and not said.unknown:
                break
    if said is None or said.unknown:
        why = "no service of vulnerabilities answers from here (PyPI's and OSV's were asked)"
        if said is not None:
            why = f"the service does not know {len(said.unknown)} packages, {said.unknown[0]} first"
        print(f"not audited: {why}; run it again from a network that reaches one", file=sys.stderr)
        return 1
    for line in said.vulnerable:
        print(line)
    print(f"{said.audited} packages, {len(said.vulnerable)} known vulnerabilities")
    return 1 if said.vulnerable else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What pip-audit found. unknown: packages that the service says nothing of."""

    audited: int
    vulnerable: list[str]
    unknown: list[str]


def asked(wanted: Path, service: str) -> Report | None:
    """None where the service does not answer."""
    run = [UV, "run", "--frozen", "--isolated", "--only-group", "audit", "pip-audit"]
    run += ["--requirement", wanted, "--disable-pip", "--format", "json"]
    run += ["--vulnerability-service", service, "--progress-spinner", "off"]
    done = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)
    try:
        return read_report(json.loads(done.stdout))
    except ValueError:
        return None


def read_report(said: dict[str, Any]) -> Report:
    """Of pip-audit's JSON."""
    packages = said["dependencies"]
    return Report(
        audited=sum("skip_reason" not in package for package in packages),
        unknown=[package["name"] for package in packages if "skip_reason" in package],
        vulnerable=[
            f"{package['name']} {package['version']}: {found['id']}, mended in "
            f"{', '.join(found['fix_versions']) or 'no version yet'}"
            for package in packages
            for found in package.get("vulns", ())
        ],
    )


COMMANDS = {"audit": audit, "licences": list_licences, "sbom": write_bill}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    sys.exit(COMMANDS[parser.parse_args().command]())
