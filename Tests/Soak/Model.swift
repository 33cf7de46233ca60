import SegmentTestSupport
import SystemVSharedMemory

/// The expected state of all segments, by the rules of their lifecycle alone.
struct Model {
    private(set) var segments: [String: ModelledSegment] = [:]
    /// Identifiers that existed once and must not exist again.
    private(set) var gone: Set<SegmentIdentifier> = []

    var names: [String] { segments.keys.sorted() }
    var declared: [String] { names.filter { segments[$0]?.declaration != nil } }
    var leases: Int { segments.values.reduce(0) { $0 + $1.users.values.count { $0 } } }

    /// Returns the names of segments that satisfy a condition.
    func names(where isSo: (ModelledSegment) -> Bool) -> [String] {
        names.filter { segments[$0].map(isSo) ?? false }
    }

    /// Changes one segment; a name is forgotten with its file and its segment.
    mutating func change(_ name: String, _ body: (inout ModelledSegment) -> Void) {
        var segment = segments[name] ?? ModelledSegment()
        let before = segment.identifier
        body(&segment)
        if let before, segment.identifier != before { gone.insert(before) }
        segments[name] = segment.declaration == nil && segment.life == .absent ? nil : segment
    }

    /// Notes the identifier of a new segment.
    mutating func learn(_ name: String, _ identifier: SegmentIdentifier?) {
        segments[name]?.identifier = identifier
    }

    mutating func attach(_ name: String, by client: Int) {
        change(name) {
            if $0.life == .absent { $0.make() }
            $0.users[client] = true
        }
    }

    mutating func detach(_ name: String, by client: Int) {
        change(name) {
            $0.users[client] = nil
            $0.retire()
        }
    }

    mutating func end(_ client: Int) {
        for name in names(where: { $0.users[client] != nil }) { detach(name, by: client) }
    }

    /// Applies new declarations, which the daemon has read.
    mutating func reload(_ declarations: [String: Declaration]) {
        for name in Set(names).union(declarations.keys) {
            let wanted = declarations[name]
            change(name) { segment in
                let before = segment.declaration
                segment.declaration = wanted
                switch (segment.life, wanted) {
                case (.absent, _): segment.create()
                case (.live, nil): segment.life = .draining
                case (.draining, _?) where before == nil && !segment.isRemovalDue: segment.life = .live
                case (.live, _?), (.draining, _): break
                }
                segment.retire()
            }
        }
    }

    /// Applies a stop of the daemon, which removes some segments, as far as they are not attached.
    mutating func stop() {
        for name in names {
            change(name) {
                guard $0.life != .absent, $0.users.isEmpty, let keep = $0.declaration?.keep else { return }
                if keep != .untilReboot { $0.remove() }
            }
        }
    }

    /// Applies a restart of the daemon, after its clients have acquired their leases again.
    mutating func restart() {
        for name in names {
            change(name) { segment in
                for client in segment.users.keys { segment.users[client] = segment.life == .live }
                segment.create()
                segment.retire()
            }
        }
    }
}

/// The expected state of one name.
struct ModelledSegment {
    enum Life {
        case absent, live
        /// In use, and removed with its last user.
        case draining
    }

    /// Nil if no longer declared.
    var declaration: Declaration?
    var life = Life.absent
    /// Whether an administrator has requested its removal once unused, whatever the files declare.
    var isRemovalDue = false
    /// Nil from its creation until first seen.
    var identifier: SegmentIdentifier?
    /// The size when it was created, in bytes.
    var size: UInt64 = 0
    /// Its contents; nil for the zeros of a new segment.
    var content: UInt64?
    /// The clients that have it attached, by number; true for those with a lease.
    var users: [Int: Bool] = [:]

    /// Creates it anew.
    mutating func make() {
        guard let declaration else { return }
        self = ModelledSegment(declaration: declaration, life: .live, size: declaration.size)
    }

    /// Removes it.
    mutating func remove() {
        self = ModelledSegment(declaration: declaration)
    }

    /// Creates it without a request for its name.
    mutating func create() {
        if life == .absent, let declaration, !declaration.keep.isMadeByItsUsers { make() }
    }

    /// Removes it if its declaration says so when it is unused.
    mutating func retire() {
        guard users.isEmpty, life == .draining || life == .live && declaration?.keep == .whileUsed else {
            return
        }
        remove()
    }
}

/// The declaration in a segment's file.
struct Declaration: Equatable {
    enum Keep: String, CaseIterable {
        case untilReboot = "until-reboot"
        case untilStop = "until-stop"
        /// Removed with its last user.
        case whileUsed = "while-used"
        /// Created by its first user, and removed an hour after its last.
        case lingering

        var isMadeByItsUsers: Bool { self == .whileUsed || self == .lingering }
    }

    /// In bytes.
    var size: UInt64
    var mode: UInt32
    var keep: Keep
    /// Nil for the key of its own file.
    var key: SegmentKey?

    static let sizes: [UInt64] = [1, 4096, 10_000, 65_536, 300_000]
    static let modes: [UInt32] = [0o600, 0o640, 0o660, 0o644]

    init(number: Int, using random: inout SeededGenerator) {
        size = random.choose(Self.sizes) ?? 1
        mode = random.choose(Self.modes) ?? 0o600
        keep = random.choose(Keep.allCases) ?? .untilReboot
        key = number % 2 == 0 ? nil : SegmentKey(rawValue: 0x5e60_0000 + Int32(number))
    }

    /// Returns a different declaration with the same key.
    func changed(using random: inout SeededGenerator) -> Declaration {
        var other = self
        repeat {
            switch Int.random(in: 0..<3, using: &random) {
            case 0: other.size = random.choose(Self.sizes) ?? size
            case 1: other.mode = random.choose(Self.modes) ?? mode
            default: other.keep = random.choose(Keep.allCases) ?? keep
            }
        } while other == self
        return other
    }

    var text: String {
        var lines = ["size = \(size)", "mode = \"0\(String(mode, radix: 8))\""]
        switch keep {
        case .untilReboot, .untilStop, .whileUsed: lines.append("keep = \"\(keep.rawValue)\"")
        case .lingering: lines += ["keep = \"while-used\"", "linger = \"1 h\""]
        }
        if let key { lines += ["[key]", "value = \(key)"] }
        return lines.joined(separator: "\n") + "\n"
    }
}
