#!/usr/bin/env python3
"""Collects the Swift examples of README, the articles and the documentation comments as functions that compile.

An example may use `client`, `segment`, `writer`, `subscriber` and `bytes` without making them.

    examples.py REPOSITORY > Examples.swift
"""

import pathlib
import re
import sys

HEAD = """import SegmentExchange
import Segments
import SystemPackage

struct Reading: BitwiseCopyable { var temperature, pressure: Double }
"""


def blocks(text):
    for block in re.findall(r"^ *```swift\n(.*?)^ *```$", text, re.M | re.S):
        # Package.swift's and whole programs are no statements.
        if "@main" not in block and ".package(" not in block:
            yield block


def comments(text):
    """The documentation comments of a source, each as plain text."""
    for comment in re.findall(r"(?:^ *///.*\n)+", text, re.M):
        yield re.sub(r"^ */// ?", "", comment, flags=re.M)


def examples(root):
    for path in [root / "README.md", *sorted(root.glob("Sources/*/*.docc/*.md"))]:
        for block in blocks(path.read_text()):
            yield path, block
    for module in ["SystemVSharedMemory", "SegmentModel", "Segments", "SegmentExchange"]:
        for path in sorted((root / "Sources" / module).rglob("*.swift")):
            for comment in comments(path.read_text()):
                for block in blocks(comment):
                    yield path, block


def function(number, path, root, block):
    lines = [line for line in block.splitlines() if not line.startswith("import ")]
    body = "\n".join("    " + line if line else "" for line in lines)
    return f"""
// {path.relative_to(root)}
func example{number}(
    client: SegmentClient,
    segment: consuming AttachedSegment,
    writer: consuming SegmentStreamWriter,
    subscriber: consuming LatestValue<Reading>.Subscriber,
    bytes: [UInt8]
) async throws {{
{body}
}}
"""


def main():
    root = pathlib.Path(sys.argv[1])
    found = list(examples(root))
    assert len(found) > 20, "the examples are not where they were"
    print(HEAD + "".join(function(n, p, root, b) for n, (p, b) in enumerate(found, 1)))


main()
