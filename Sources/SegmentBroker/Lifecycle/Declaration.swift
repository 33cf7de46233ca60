package import SegmentModel
package import SystemVSharedMemory

extension SegmentLifecycle {
    /// What the file says, with its group looked up and its key placed.
    package struct Declaration: Sendable {
        package var definition: SegmentDefinition
        /// What the name service said of the declared group; where none is declared, the broker's own is found.
        package var group: GroupLookup
        package var key: Placement
        /// Made anew as soon as nobody uses it any more.
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
            self.renewsWhenUnused = renewsWhenUnused
        }

        /// How long it stays unused if it is kept only while used; else nil.
        var linger: Duration? {
            if case .whileUsed(let linger) = definition.keep { linger } else { nil }
        }

        var isWhileUsed: Bool { linger != nil }

        /// Nil where it has none.
        var placedKey: SegmentKey? {
            if case .at(let key) = key { key } else { nil }
        }
    }

    /// The key that a declaration gets.
    package enum Placement: Hashable, Sendable {
        case at(SegmentKey)
        /// The file of its key cannot be looked up, or another name has the key.
        case impossible(SegmentProblem)
    }

    /// What an administrator asked for.
    package struct Request: Hashable, Sendable {
        package enum Verb: Hashable, Sendable {
            case remove
            /// Replace by new memory under the same key.
            case renew
        }

        package var verb: Verb
        /// Do not wait until nobody uses it.
        package var isNow: Bool

        package init(_ verb: Verb, isNow: Bool = false) {
            self.verb = verb
            self.isNow = isNow
        }
    }

    package enum Phase: Hashable, Sendable {
        case running
        /// Applies `until-stop` and `while-used`; nothing is made any more.
        case stopping
        /// Keeps everything for the next process.
        case restarting
    }
}

extension SegmentLifecycle.Declaration: Hashable {
    /// What usually differs; equality compares the rest.
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
