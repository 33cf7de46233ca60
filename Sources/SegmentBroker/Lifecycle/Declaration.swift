package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// A definition with its group resolved and its key assigned.
    package struct Declaration: Sendable {
        package var definition: SegmentDefinition
        /// The name service's answer for the declared group; with no group declared, the broker's own is found.
        package var group: GroupLookup
        package var key: Placement
        /// The key that the definition stands for, which another name may have; nil if it cannot be computed.
        package var computedKey: SegmentKey?
        /// Renew the segment as soon as it is unused.
        package var renewsWhenUnused: Bool

        package init(
            _ definition: SegmentDefinition,
            group: GroupLookup,
            key: Placement,
            renewsWhenUnused: Bool = false
        ) {
            self.definition = definition
            self.group = group
            self.key = key
            if case .at(let computed) = key { computedKey = computed }
            self.renewsWhenUnused = renewsWhenUnused
        }

        /// How long an unused segment is kept; nil unless it is `while-used`.
        var linger: Duration? {
            if case .whileUsed(let linger) = definition.keep { linger } else { nil }
        }

        var isWhileUsed: Bool { linger != nil }

        /// Nil if no key can be assigned.
        package var placedKey: SegmentKey? {
            if case .at(let key) = key { key } else { nil }
        }
    }

    /// The key assigned to a declaration.
    package enum Placement: Hashable, Sendable {
        /// The file of its key cannot be looked up, or another name has the key.
        ///
        /// The first case, whose pointer has no tag, so that a leak checker sees what it leads to.
        indirect case impossible(SegmentProblem)
        case at(SegmentKey)
    }

    /// An administrator's request.
    package struct Request: Hashable, Sendable {
        package enum Verb: Hashable, Sendable {
            case remove
            /// Replace by new memory under the same key.
            case renew
        }

        package var verb: Verb
        /// Whether to act without waiting for the segment to be unused.
        package var isNow: Bool

        package init(_ verb: Verb, isNow: Bool = false) {
            self.verb = verb
            self.isNow = isNow
        }
    }

    package enum Phase: Hashable, Sendable {
        case running
        /// Applies `until-stop` and `while-used`; nothing is created any more.
        case stopping
        /// Keeps everything for the next process, and still serves.
        case restarting
    }
}

extension SegmentLifecycle.Declaration: Hashable {
    /// Hashes only what usually differs; equality compares everything.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(definition.size)
        hasher.combine(definition.group)
        hasher.combine(definition.keep)
        hasher.combine(definition.mode)
        hasher.combine(group)
        hasher.combine(key)
        hasher.combine(renewsWhenUnused)
    }
}
