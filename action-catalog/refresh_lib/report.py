"""What changed since the last refresh, in Markdown."""

SHARPEST_FIRST = ("permissions", "write", "tagging", "read", "list")


def markdown(old, new, old_date, changed):
    if not changed:
        return f"The catalog of {old_date} is up to date."
    services = lambda files: {name: f for name, f in files.items() if name.startswith("services/")}
    before, after = services(old), services(new)
    lines = [f"# What AWS changed since {old_date}", ""]
    section(lines, "Services added", [after[n]["service"] for n in sorted(after.keys() - before.keys())])
    section(lines, "Services removed", [before[n]["service"] for n in sorted(before.keys() - after.keys())])
    added, gone, levels, required, formats, keys = ([] for _ in range(6))
    for name in sorted(after.keys() & before.keys()):
        was, now, prefix = before[name], after[name], after[name]["service"]
        for action in sorted(now["actions"].keys() - was["actions"].keys()):
            added.append((now["actions"][action]["access"], f"{prefix}:{action}"))
        gone += [f"{prefix}:{a}" for a in sorted(was["actions"].keys() - now["actions"].keys())]
        for action in sorted(was["actions"].keys() & now["actions"].keys()):
            a, b = was["actions"][action], now["actions"][action]
            if a["access"] != b["access"]:
                levels.append(f"{prefix}:{action}: {a['access']} → {b['access']}")
            new_required = {r for r in b.get("resources", ()) if r.endswith("*")} - set(a.get("resources", ()))
            required += [f"{prefix}:{action} requires {r.rstrip('*')}" for r in sorted(new_required)]
        for kind in sorted(was["resources"].keys() & now["resources"].keys()):
            if was["resources"][kind]["arn"] != now["resources"][kind]["arn"]:
                formats.append(f"{prefix} {kind}: {' | '.join(now['resources'][kind]['arn'])}")
        keys += sorted(now["keys"].keys() - was["keys"].keys())
    for level in SHARPEST_FIRST:
        section(lines, f"Actions added: {level}", [name for access, name in added if access == level])
    section(lines, "Actions gone", gone)
    section(lines, "Access level changed", levels)
    section(lines, "Newly required resources", required)
    section(lines, "ARN format changed", formats)
    section(lines, "Condition keys added", keys)
    section(lines, "Files written", changed if len(changed) <= 40 else [f"{len(changed)} files"])
    return "\n".join(lines)


def section(lines, title, items):
    if items:
        lines += [f"## {title} ({len(items)})", ""] + [f"- `{item}`" for item in items] + [""]
