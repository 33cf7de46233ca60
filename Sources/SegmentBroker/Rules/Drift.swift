import SystemPackage
package import SegmentModel
package import SystemVSharedMemory

/// Differences between a live segment and its declaration.
package enum Drift {
    /// Returns the differences that last until the segment is recreated.
    ///
    /// `computed` is the key that the declaration computes to now; nil if unknown.
    package static func lasting(
        _ definition: SegmentDefinition,
        size: UInt64,
        key: SegmentKey,
        computed: SegmentKey?
    ) -> [SegmentProblem] {
        var differences: [SegmentProblem] = []
        if size != definition.size.bytes {
            differences.append(
                .sizeDiffers(definition.name, live: ByteCount(bytes: size), declared: definition.size)
            )
        }
        if let computed, let difference = keyDifference(definition, key: key, computed: computed) {
            differences.append(difference)
        }
        return differences
    }

    private static func keyDifference(
        _ definition: SegmentDefinition,
        key: SegmentKey,
        computed: SegmentKey
    ) -> SegmentProblem? {
        switch definition.key {
        case .ownFile:
            // The project number may have moved; the file's part tells whether the file is still the same.
            key.replacingProjectID(with: 1) == computed.replacingProjectID(with: 1)
                ? nil : .keyMoved(definition.name, definition.file.string, live: key, now: computed)
        case .path(let path, let project):
            if key == computed {
                nil
            } else if key.projectID == project {
                .keyMoved(definition.name, path.string, live: key, now: computed)
            } else {
                .keyDiffers(definition.name, live: key, declared: computed)
            }
        case .value:
            key == computed ? nil : .keyDiffers(definition.name, live: key, declared: computed)
        }
    }
}
