import Glibc
import SegmentClient
import SegmentTestSupport
import SystemPackage

extension Soak {
    func removeUnused() throws {
        guard let name = random.choose(model.names) else { return }
        story.tell("\(name) is removed if unused", count: "removals")
        let isUsed = model.segments[name].map { !$0.users.isEmpty } ?? false
        var isRefused = false
        do throws(SegmentClientError) {
            try administrator.remove(name, when: .unused)
        } catch {
            guard case .refused(.segmentInUse) = error else { throw error }
            isRefused = true
        }
        guard isRefused == isUsed else {
            throw Surprise("\(name) is \(isUsed ? "" : "not ")in use, and that it is removed unused is wrong")
        }
        if !isUsed { model.change(name) { $0.remove() } }
    }

    func removeIdle() throws {
        guard let name = random.choose(model.names) else { return }
        story.tell("\(name) is removed when idle", count: "removals")
        try administrator.remove(name, when: .idle)
        model.change(name) {
            if $0.users.isEmpty { $0.remove() } else if $0.life == .live { $0.life = .draining }
        }
    }

    /// Marked under its users: the memory stays theirs until they let go.
    func removeNow(restarting: Bool) throws {
        guard let name = random.choose(model.names { $0.life == .live && !$0.users.isEmpty }) else { return }
        story.tell("\(name) is removed under its users", count: "removals under users")
        try administrator.remove(name, when: .now)
        try expectMarked(name)
        let users = try outlive(name, restarting: restarting)
        model.change(name) { $0.remove() }
        if restarting {
            // Whoever asks for his lease again makes a segment that users make, and does not take it.
            if model.segments[name]?.declaration?.keep == .lingering { model.change(name) { $0.make() } }
            model.restart()
        }
        try letGo(name, users)
    }

    /// The same by somebody who did not ask: it is made again when the last of them has let go.
    func removeBehindItsBack(restarting: Bool) throws {
        let names = model.names {
            $0.life == .live && !$0.users.isEmpty && $0.declaration?.keep != .lingering
        }
        guard let name = random.choose(names), let identifier = model.segments[name]?.identifier else {
            return
        }
        story.tell(
            "\(name) is removed under its users, behind the daemon's back",
            count: "removals by others"
        )
        try kernel.remove(identifier)
        try expectMarked(name)
        let users = try outlive(name, restarting: restarting)
        if restarting { try expectMarked(name) }
        model.change(name) { $0.remove() }
        if restarting { model.restart() }
        try letGo(name, users)
        model.change(name) { $0.provision() }
    }

    func removeUnattachedBehindItsBack() throws {
        guard let name = random.choose(model.names { $0.life == .live && $0.users.isEmpty }),
            let identifier = model.segments[name]?.identifier
        else { return }
        story.tell("\(name) is removed behind the daemon's back", count: "removals by others")
        try kernel.remove(identifier)
        model.change(name) {
            $0.remove()
            $0.provision()
        }
    }

    func changeBehindItsBack() throws {
        guard let name = random.choose(model.names { $0.life == .live }),
            let identifier = model.segments[name]?.identifier
        else { return }
        story.tell("\(name) gets another owner and mode", count: "changes by others")
        try kernel.setOwner(identifier, userID: 12345, groupID: 54321, mode: [.ownerRead, .otherWrite])
    }

    private func expectMarked(_ name: String) throws {
        let described = try administrator.describe(name)
        guard described.state == .removing, described.identifier == model.segments[name]?.identifier else {
            throw Surprise("\(name) is not removing but \(described)")
        }
    }

    /// Its users find their bytes, even if the daemon comes and goes.
    private func outlive(_ name: String, restarting: Bool) throws -> [Int] {
        if restarting { try bounce(SIGKILL) }
        let users = model.segments[name]?.users.keys.sorted() ?? []
        for user in users { try expect("ok", of: user, question(name)) }
        return users
    }

    private func letGo(_ name: String, _ users: [Int]) throws {
        for user in users { try expect("ok", of: user, "release \(name)") }
    }
}
