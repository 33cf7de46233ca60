#!/usr/bin/env python3
"""Tries each fault of mutants.toml and prints which test notices it: `make mutants`.

All of them are built once, in a copy of the sources, each behind a switch of its own: MUTANT=N turns on the N-th.
A test that fails, crashes or does not end within a minute has noticed it.

  mutants.py --check   only checks that the text of each entry occurs in the sources exactly once
  mutants.py WORD...   tries only those entries that contain one of the words
"""
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".build-mutants"
LIMIT = 60  # seconds
SWITCH = """import Glibc

/// Which fault is turned on: the number in the environment.
enum Mutant {
    private static let active = unsafe getenv("MUTANT").flatMap { unsafe Int32(String(cString: $0)) }

    static func `is`(_ number: Int32) -> Bool { number == active }
}
"""


def main(words):
    mutants = tomllib.loads((ROOT / "Tests/mutants.toml").read_text())["mutant"]
    for number, mutant in enumerate(mutants, 1):
        mutant["number"] = number
    sources = with_switches(mutants)
    if words == ["--check"]:
        return 0
    build(sources)
    mutants = [mutant for mutant in mutants if not words or any(word in str(mutant) for word in words)]
    for tests in sorted({mutant["tests"] for mutant in mutants}):
        outcome, output = run(tests)
        if outcome != "passed" or not re.search(r"Test run with [1-9]", output):
            print(output)
            sys.exit(f"{tests}: without a mutant this must run a test, and pass")
    print("| mutant | what it means | noticed by |\n|---|---|---|")
    lost = [mutant for mutant in mutants if not noticed(mutant)]
    killed = sum("noticed" in mutant for mutant in mutants)
    print(f"\n{len(mutants)} mutants, {killed} noticed, {len(mutants) - killed} not, {len(lost)} without a reason.")
    return 1 if lost else 0


def with_switches(mutants):
    """The mutated files' texts; ends the program where an entry does not fit them."""
    sources, targets, wrong = {}, set(), []
    for path in sorted({mutant["file"] for mutant in mutants}):
        source = (ROOT / path).read_text()
        places = []
        for mutant in (mutant for mutant in mutants if mutant["file"] == path):
            text = mutant.get("statement") or mutant["text"]
            around = mutant.get("within", text)
            count = source.count(around)
            if count != 1 or around.count(text) != 1:
                wrong.append(f"{path}: {mutant['meaning']}: occurs {count} times, not once: {around}")
            places.append((source.find(around) + around.find(text), text, mutant))
        places.sort(key=lambda place: place[0], reverse=True)
        for (start, text, _), (later, other, _) in zip(places[1:], places):
            if start + len(text) > later:
                wrong.append(f"{path}: two mutants overlap: {text} and {other}")
        for start, text, mutant in places:
            source = source[:start] + switched(mutant, text) + source[start + len(text):]
        sources[path] = source
        targets.add("/".join(path.split("/")[:2]))
    if wrong:
        sys.exit("\n".join(["Tests/mutants.toml does not fit the sources:"] + wrong))
    for target in targets:
        sources[f"{target}/Mutant.swift"] = SWITCH
    return sources


def switched(mutant, text):
    active = f"Mutant.is({mutant['number']})"
    if "statement" in mutant:
        return f"if {active} {{ {mutant['mutated']} }} else {{ {text} }}"
    return f"({active} ? ({mutant['mutated']}) : ({text}))"


def build(sources):
    """Copies what Git knows, with switches, and builds it; files that stay the same keep their times."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    paths = set(listed.stdout.splitlines()) | {"Package.resolved"}
    paths = {path for path in paths if (ROOT / path).is_file()} | set(sources)
    tree = COPY / "tree"
    for old in tree.rglob("*"):
        if old.is_file() and str(old.relative_to(tree)) not in paths:
            old.unlink()
    for path in paths:
        new = sources[path].encode() if path in sources else (ROOT / path).read_bytes()
        copy = tree / path
        if not copy.exists() or copy.read_bytes() != new:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(new)
            copy.chmod((ROOT / path).stat().st_mode if (ROOT / path).exists() else 0o644)
    command = [ROOT / ".ci/swift", "build", "--build-tests", "--package-path", tree, "--scratch-path", COPY / "build"]
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        sys.exit("the mutants do not compile")


def run(tests, number=0):
    """How the tests that a pattern names end with a mutant, and what they print."""
    bundle = COPY / "build/debug/segmentdPackageTests.xctest"
    command = [bundle, "--testing-library", "swift-testing", "--no-parallel", "--filter", tests]
    environment = os.environ | {"MUTANT": str(number), "SWIFT_BACKTRACE": "enable=no", "NO_COLOR": "1"}
    try:
        ended = subprocess.run(command, env=environment, cwd=COPY / "tree", capture_output=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return "does not end", ""
    output = (ended.stdout + ended.stderr).decode(errors="replace")
    if ended.returncode < 0:
        return "crashes", output
    return "passed" if ended.returncode == 0 else "failed", output


def noticed(mutant):
    """Tries one, prints its row, and says whether it is accounted for."""
    outcome, output = run(mutant["tests"], mutant["number"])
    failed = re.search(r'✘ Test "?([^"\n]+?)"?(?: with [^\n]*?)? (?:recorded an issue|failed after)', output)
    if outcome != "passed":
        mutant["noticed"] = True
        test = failed.group(1) if failed else mutant["tests"]
        verdict = test if outcome == "failed" else f"{test} ({outcome})"
    elif "reason" in mutant:
        verdict = f"survives: {mutant['reason']}"
    else:
        verdict = "**survives**"
    name = mutant["file"].removeprefix("Sources/").replace("/Rules/", "/").removesuffix(".swift")
    print(f"| {name} | {mutant['meaning']} | {verdict} |", flush=True)
    return outcome != "passed" or "reason" in mutant


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
