"""How the catalog is written: one fact a line, sorted, so that a new action is
a one-line diff."""

import json


def render(name, document):
    """A file's text: every member of the document on its own line, and every
    entry of a member that is a table on its own line too."""
    lines = []
    for key, value in document.items():
        head = f"{compact(key)}: "
        if isinstance(value, dict) and value and key != "about":
            entries = ",\n".join(f"  {compact(k)}: {compact(v)}" for k, v in value.items())
            lines.append(f"{head}{{\n{entries}\n}}")
        elif isinstance(value, list) and len(value) > 20 and not name.startswith("services/"):
            entries = ",\n".join(f"  {compact(v)}" for v in value)
            lines.append(f"{head}[\n{entries}\n]")
        else:
            lines.append(head + compact(value))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def compact(value):
    return json.dumps(value, ensure_ascii=False)


def read_folder(folder):
    """The generated files as they are on disk, by relative path."""
    paths = sorted(folder.glob("services/*.json")) + sorted(folder.glob("*.json"))
    return {str(path.relative_to(folder)): json.loads(path.read_text()) for path in paths}


def differences(folder, texts):
    """Names of the files whose text on disk differs, or that should go."""
    wrong = [name for name, text in texts.items() if not same(folder / name, text)]
    gone = [f"services/{path.name}" for path in folder.glob("services/*.json") if f"services/{path.name}" not in texts]
    return sorted(wrong + gone)


def same(path, text):
    return path.exists() and path.read_text() == text


def write(folder, texts, changed):
    for name in changed:
        if name in texts:
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(texts[name])
        else:
            (folder / name).unlink()
