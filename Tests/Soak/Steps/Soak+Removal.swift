import Glibc
import Segments
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory

extension Soak {
    func removeUnused() throws {
        guard let name = random.choose(model.names) else { return }
        trace.record("\(name) is removed if unused", count: "removals")
        let isUsed = model.segments[name].map { !$0.users.isEmpty } ?? false
        var isRefused = false
        do throws(SegmentClientError) {
            try administrator.remove(SegmentName(unchecked: name), when: .ifUnused)
        } catch {
            guard error.code == .segmentInUse else { throw error }
            isRefused = true
        }
        guard isRefused == isUsed else {
            throw Surprise("\(name) is \(isUsed ? "" : "not ")in use, and that it is removed unused is wrong")
        }
        if !isUsed { model.change(name) { $0.remove() } }
    }

    func removeIdle() throws {
        guard let name = random.choose(model.names) else { return }
        trace.record("\(name) is removed when idle", count: "removals")
        try administrator.remove(SegmentName(unchecked: name), when: .whenIdle)
        model.change(name) {
            guard !$0.users.isEmpty else { return $0.remove() }
            ($0.life, $0.isRemovalDue) = (.draining, true)
        }
    }

    /// Marks an attached segment: its users keep the memory until they detach.
    func removeNow(restarting: Bool) throws {
        guard let name = random.choose(model.names { $0.life == .live && !$0.users.isEmpty }) else { return }
        trace.record("\(name) is removed under its users", count: "removals under users")
        try administrator.remove(SegmentName(unchecked: name), when: .immediately)
        try expectMarked(name)
        let users = try outlive(name, restarting: restarting)
        model.change(name) { $0.remove() }
        if restarting { model.restart() }
        try detach(name, users)
        guard restarting else { return }
        // The request is complete with the last detach; a declared segment is created again afterwards.
        for _ in 0..<1000
        where try administrator.segment(named: SegmentName(unchecked: name)).state == .removing {
            usleep(5000)
        }
        try reload()
    }

    /// Marks an attached segment without a request: it is created again at once, and the old memory becomes
    /// former memory.
    func removeBehindItsBack(restarting: Bool) throws {
        let names = model.names {
            $0.life == .live && !$0.users.isEmpty && $0.declaration?.keep != .lingering
        }
        guard let name = random.choose(names), let identifier = model.segments[name]?.identifier else {
            return
        }
        trace.record(
            "\(name) is removed under its users, behind the daemon's back",
            count: "removals by others"
        )
        try kernel.remove(identifier)
        try expectFormer(name, identifier)
        let users = try outlive(name, restarting: restarting)
        if restarting { try expectFormer(name, identifier) }
        model.change(name) { $0.remove() }
        if restarting { model.restart() }
        try detach(name, users)
        model.change(name) { $0.create() }
    }

    func removeUnattachedBehindItsBack() throws {
        guard let name = random.choose(model.names { $0.life == .live && $0.users.isEmpty }),
            let identifier = model.segments[name]?.identifier
        else { return }
        trace.record("\(name) is removed behind the daemon's back", count: "removals by others")
        try kernel.remove(identifier)
        model.change(name) {
            $0.remove()
            $0.create()
        }
    }

    func changeBehindItsBack() throws {
        guard let name = random.choose(model.names { $0.life == .live }),
            let identifier = model.segments[name]?.identifier
        else { return }
        trace.record("\(name) gets another owner and mode", count: "changes by others")
        try kernel.setOwner(identifier, userID: 12345, groupID: 54321, mode: [.ownerRead, .otherWrite])
    }

    private func expectMarked(_ name: String) throws {
        let described = try administrator.segment(named: SegmentName(unchecked: name))
        guard described.state == .removing, described.identifier == model.segments[name]?.identifier else {
            throw Surprise("\(name) is not removing but \(described)")
        }
    }

    /// Expects the removed segment to be shown as former memory of the new one, unless that is created only
    /// on demand.
    private func expectFormer(_ name: String, _ identifier: SegmentIdentifier) throws {
        let state: SegmentState = model.segments[name]?.declaration?.keep == .whileUsed ? .absent : .ready
        let described = try administrator.segment(named: SegmentName(unchecked: name))
        guard described.state == state, described.identifier != identifier,
            described.formerMemory.contains(where: { $0.identifier == identifier })
        else {
            throw Surprise("\(name) is not made again beside \(identifier): \(described)")
        }
    }

    /// Expects the users to find their bytes, even across a restart of the daemon.
    private func outlive(_ name: String, restarting: Bool) throws -> [Int] {
        if restarting { try bounce(SIGKILL) }
        let users = model.segments[name]?.users.keys.sorted() ?? []
        for user in users { try expect("ok", of: user, question(name)) }
        return users
    }

    private func detach(_ name: String, _ users: [Int]) throws {
        for user in users { try expect("ok", of: user, "release \(name)") }
    }
}
