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
