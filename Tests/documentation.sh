#!/bin/bash
# The documentation of the libraries, from the modules that a debug build has left: without a warning, and every public
# type with an example, which Tests/OutsidePackage compiles.
#
#     documentation.sh DIRECTORY-FOR-THE-PAGES
set -euo pipefail
cd "$(dirname "$0")/.."
modules=.build/debug/Modules
graphs=$(mktemp -d)
trap 'rm -rf "$graphs"' EXIT
options=(-I "$modules" -target "$(swift -print-target-info | sed -n 's/.*"unversionedTriple": "\(.*\)",/\1/p' | head -1)")
for map in .build/debug/*.build/module.modulemap $(find .build/checkouts/swift-system -name module.modulemap); do
    options+=(-Xcc "-fmodule-map-file=$map")
done

# Segments shows the nouns of the modules that it exports, too.
document() {
    mkdir -p "$graphs/$1" "$2"
    swift symbolgraph-extract "${options[@]}" -module-name "$1" -minimum-access-level public \
        -skip-synthesized-members -output-dir "$graphs/$1" "${@:3}"
    docc convert "Sources/$1/$1.docc" --additional-symbol-graph-dir "$graphs/$1" --fallback-display-name "$1" \
        --fallback-bundle-identifier "io.segmentd.$1" --warnings-as-errors --output-path "$2/$1"
}
document Segments "$1" -experimental-allowed-reexported-modules=SegmentModel,SystemVSharedMemory
document SegmentExchange "$1"

python3 - "$graphs" <<'PYTHON'
import json, pathlib, sys

missing, count = [], 0
for path in pathlib.Path(sys.argv[1]).rglob("*.symbols.json"):
    for symbol in json.loads(path.read_text())["symbols"]:
        lines = [line["text"] for line in symbol.get("docComment", {}).get("lines", [])]
        is_type = symbol["kind"]["identifier"] in ("swift.class", "swift.enum", "swift.struct")
        # A nested type stands in its parent's example.
        if is_type and len(symbol["pathComponents"]) == 1:
            count += 1
            if "```swift" not in lines:
                missing.append(symbol["pathComponents"][0])
if count < 20:
    sys.exit(f"only {count} types are documented")
if missing:
    sys.exit(f"without an example: {' '.join(sorted(missing))}")
PYTHON
