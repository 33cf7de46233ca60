import SegmentTestSupport
import SystemVSharedMemory

/// What must be true of all segments; it knows the rules of their life, and nothing of how they are kept.
struct Model {
    private(set) var segments: [String: ModelledSegment] = [:]
    /// Those that were there once and never may be again.
    private(set) var gone: Set<SegmentIdentifier> = []

    var names: [String] { segments.keys.sorted() }
    var declared: [String] { names.filter { segments[$0]?.declaration != nil } }
    var leases: Int { segments.values.reduce(0) { $0 + $1.users.values.count { $0 } } }

    /// The names of which something is true.
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

    /// The first look at a new segment.
    mutating func learn(_ name: String, _ identifier: SegmentIdentifier?) {
        segments[name]?.identifier = identifier
    }

    mutating func attach(_ name: String, by client: Int) {
        change(name) {
            if $0.life == .absent { $0.make() }
            $0.users[client] = true
        }
    }

    mutating func letGo(_ name: String, by client: Int) {
        change(name) {
            $0.users[client] = nil
            $0.retire()
        }
    }

    mutating func end(_ client: Int) {
        for name in names(where: { $0.users[client] != nil }) { letGo(name, by: client) }
    }

    /// The files say this now, and the daemon has read them.
    mutating func reload(_ declarations: [String: Declaration]) {
        for name in Set(names).union(declarations.keys) {
            let wanted = declarations[name]
            change(name) { segment in
                let before = segment.declaration
                segment.declaration = wanted
                switch (segment.life, wanted) {
                case (.absent, _): segment.provision()
                case (.live, nil): segment.life = .draining
                case (.draining, _?) where before == nil && !segment.isRemovalDue: segment.life = .live
                case (.live, _?), (.draining, _): break
                }
                segment.retire()
            }
        }
    }

    /// The daemon stops: what it removes then, as far as nobody has it attached.
    mutating func stop() {
        for name in names {
            change(name) {
                guard $0.life != .absent, $0.users.isEmpty, let keep = $0.declaration?.keep else { return }
                if keep != .untilReboot { $0.remove() }
            }
        }
    }

    /// The daemon is there again, and its clients have asked for their leases.
    mutating func restart() {
        for name in names {
            change(name) { segment in
                for client in segment.users.keys { segment.users[client] = segment.life == .live }
                segment.provision()
                segment.retire()
            }
        }
    }
}

/// What must be true of one name.
struct ModelledSegment {
    enum Life {
        case absent, live
        /// In use, and gone with its last user.
        case draining
    }

    /// Nil once no file declares it.
    var declaration: Declaration?
    var life = Life.absent
    /// An administrator wants it gone with its last user, whatever the files say.
    var isRemovalDue = false
    /// Nil from when it is made until somebody has looked.
    var identifier: SegmentIdentifier?
    /// As it was made, in bytes.
    var size: UInt64 = 0
    /// Which bytes are in it; nil for the zeros of a new one.
    var content: UInt64?
    /// Who has it attached, by number; true where there is also a lease.
    var users: [Int: Bool] = [:]

    /// It is made anew.
    mutating func make() {
        guard let declaration else { return }
        self = ModelledSegment(declaration: declaration, life: .live, size: declaration.size)
    }

    /// It is removed.
    mutating func remove() {
        self = ModelledSegment(declaration: declaration)
    }

    /// Made without anybody asking for it by name.
    mutating func provision() {
        if life == .absent, let declaration, !declaration.keep.isMadeByItsUsers { make() }
    }

    /// It goes if it is one that goes with its last user.
    mutating func retire() {
        guard users.isEmpty, life == .draining || life == .live && declaration?.keep == .whileUsed else {
            return
        }
        remove()
    }
}

/// What a segment's file says.
struct Declaration: Equatable {
    enum Keep: String, CaseIterable {
        case untilReboot = "until-reboot"
        case untilStop = "until-stop"
        /// Gone with its last user.
        case whileUsed = "while-used"
        /// Made by its first user, and there for an hour after its last.
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

    /// The same key, and otherwise another.
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
