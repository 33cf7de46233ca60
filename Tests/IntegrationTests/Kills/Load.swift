import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Synchronization
import SystemVSharedMemory

/// Programs that acquire, attach, write and leave, and an administrator who edits and reloads.
final class Load: @unchecked Sendable {
    private let changingFile: String
    private let state = Mutex(State())
    private var threads: [Waiting] = []

    private struct State {
        var isPaused = false
        var isOver = false
        /// The number of threads within a round.
        var working = 0
        var rounds = 0
        var surprises: [String] = []
    }

    /// Starts the load.
    init(_ daemon: DaemonFixture) throws {
        changingFile = "\(daemon.segmentFiles)/changing.toml"
        for number in 0..<4 {
            let client = try daemon.client()
            run { try self.use(client, number, $0) }
        }
        let administrator = try daemon.client()
        run { try self.edit(administrator, $0) }
    }

    var rounds: Int { state.withLock { $0.rounds } }
    /// Errors that no program should ever get.
    var surprises: [String] { state.withLock { $0.surprises } }

    /// Runs `body` between rounds, after all have ended and before others begin, while listening to the
    /// daemon.
    func pausing(_ notify: NotifyListener, _ body: () throws -> Void) throws {
        state.withLock { $0.isPaused = true }
        defer { state.withLock { $0.isPaused = false } }
        while state.withLock({ $0.working > 0 }) {
            notify.drain()
            usleep(200)
        }
        try body()
    }

    func end() {
        state.withLock { $0.isOver = true }
        for thread in threads { _ = try? thread.result() }
        threads = []
    }

    private func run(_ round: @escaping @Sendable (Int) throws -> Void) {
        threads.append(
            Waiting {
                var count = 0
                while !self.state.withLock({ $0.isOver }) {
                    guard self.enter() else {
                        usleep(200)
                        continue
                    }
                    do { try round(count) } catch { self.note(error) }
                    count += 1
                    self.state.withLock { ($0.working, $0.rounds) = ($0.working - 1, $0.rounds + 1) }
                }
                return count
            }
        )
    }

    private func enter() -> Bool {
        state.withLock {
            guard !$0.isPaused else { return false }
            $0.working += 1
            return true
        }
    }

    /// Uses a segment; its own bytes must stay as long as it is attached, whatever happens to the daemon.
    private func use(_ client: SegmentClient, _ number: Int, _ round: Int) throws {
        let names: [SegmentName] = ["boot", "fixed", "stop", "used", "changing"]
        try client.withSegment(names[(number + round) % names.count]) { segment in
            let value = UInt64(number) << 32 | UInt64(round)
            let offset = 64 + number * 8
            segment.withMutableBytes { $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self) }
            usleep(UInt32(round % 5) * 300)
            let read = segment.withBytes { $0.unsafeLoad(fromByteOffset: offset, as: UInt64.self) }
            if read != value { surprise("\(segment.name): \(read) instead of \(value)") }
        }
    }

    private func edit(_ administrator: SegmentClient, _ round: Int) throws {
        let texts = [
            "size = 4096\nmode = \"0660\"", "size = 8192\nmode = \"0664\"",
            "size = 8192\nkeep = \"until-stop\"",
        ]
        if round % 4 < texts.count {
            // Replace the file by rename, so that a starting daemon finds it complete.
            try DaemonFixture.write(texts[round % 4], to: changingFile + ".new")
            rename(changingFile + ".new", changingFile)
        } else {
            unlink(changingFile)
        }
        _ = try administrator.reloadConfiguration()
    }

    /// Notes an error unless it is expected while programs and daemon come and go.
    private func note(_ error: any Error) {
        switch (error as? SegmentClientError)?.code {
        case .noSuchSegment, .segmentBeingRemoved, .disconnected: break
        // A reload cut off by the daemon's end need not be repeated: the next start reads the same files.
        case .outcomeUnknown: break
        default: surprise("\(error)")
        }
    }

    private func surprise(_ text: String) { state.withLock { $0.surprises.append(text) } }
}
