import Glibc
import Segments
import SegmentTestSupport
import SystemVSharedMemory
import SystemPackage

/// One run: the daemon, the model, and the random steps that change both.
final class Soak {
    let kernel = LinuxKernel()
    let daemon: DaemonFixture
    /// A client of root, for administration.
    let administrator: SegmentClient
    var random: SeededGenerator
    var model = Model()
    var trace = Trace()
    /// The declarations in the files.
    var files: [String: Declaration] = [:]
    var clients: [Int: ClientProcess] = [:]
    var lastClient = 0
    /// The daemon's descriptors other than connections: the fewest so far.
    var ownDescriptors: Int?

    /// Runs the soak; returns true if the daemon always matched the model.
    static func run(_ time: Duration, _ seed: UInt64) throws -> Bool {
        let directory = try DaemonFixture.makeDirectory("/dev/shm/segmentd-soak")
        defer { DaemonFixture.remove(directory) }
        // The daemon checks twice in this time, instead of every 15 s.
        let daemon = try DaemonFixture(in: directory, environment: ["WATCHDOG_USEC": "1000000"])
        try daemon.awaitReady()
        let soak = try Soak(daemon, SeededGenerator(seed: seed))
        do {
            return try soak.live(time)
        } catch {
            print("After \(soak.trace.step) steps with seed \(seed):\n\(soak.trace.text)\n\(error)")
            print("The daemon's log ends so:\n\(daemon.log.suffix(3000))")
            return false
        }
    }

    private init(_ daemon: DaemonFixture, _ random: SeededGenerator) throws {
        self.daemon = daemon
        self.random = random
        administrator = try SegmentClient(socket: FilePath(daemon.socket), timeout: .seconds(20))
    }

    private func live(_ time: Duration) throws -> Bool {
        let start = ContinuousClock.now
        try spend(Step.all, until: start + time / 2)
        var growth = Growth()
        let pause = time / 60
        var next = start + time / 2
        while next < start + time {
            next += pause
            try spend(Step.all.filter { !$0.endsDaemon }, until: next)
            try rest()
            growth.sample(memory: process.resident, descriptors: process.descriptors)
        }
        try end()
        print("\(trace.step) steps: \(trace.summary)")
        print(growth.text)
        guard growth.isTolerable else {
            print("It grows.")
            return false
        }
        Resilience.record(
            "a step of mixed load with kills, restarts and reloads, compared with a model",
            tries: trace.step,
            test: "make soak"
        )
        return true
    }

    private func spend(_ steps: [Step], until end: ContinuousClock.Instant) throws {
        let chances = steps.flatMap { [Step](repeating: $0, count: $0.weight) }
        while ContinuousClock.now < end {
            guard let step = random.choose(chances) else { return }
            try step.take(self)
            try compare()
        }
    }

    var process: ProcessStatus { ProcessStatus(daemon.process.identifier) }

    /// Ends the daemon with a signal, and checks its exit status.
    func endDaemon(_ signal: Int32) throws {
        let status = daemon.stop(signal)
        let expected = signal == SIGKILL ? 128 + SIGKILL : 0
        guard status == expected else { throw Surprise("segmentd ends with \(status) on signal \(signal)") }
    }

    /// Ends all clients and compares the daemon with the model.
    private func rest() throws {
        for client in clients.keys.sorted() { try endClient(client, byKill: false) }
        try compare()
    }

    /// Removes everything, and expects nothing to be left.
    private func end() throws {
        try rest()
        for file in files.keys { unlink(path(file)) }
        files = [:]
        try reload()
        try compare()
        try endDaemon(SIGTERM)
        guard try kernel.allSegments().isEmpty else { throw Surprise("segments are left in the kernel") }
    }
}

/// A deviation from the model.
struct Surprise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A random step; does nothing if it is impossible at the moment.
struct Step: Sendable {
    /// Its relative frequency.
    let weight: Int
    var endsDaemon = false
    let take: @Sendable (Soak) throws -> Void

    static let all = [
        Step(weight: 10) { try $0.startClient() },
        Step(weight: 30) { try $0.attachSomething() },
        Step(weight: 30) { try $0.writeSomething() },
        Step(weight: 30) { try $0.readSomething() },
        Step(weight: 15) { try $0.releaseSomething() },
        Step(weight: 3) { try $0.endSomeClient(byKill: false) },
        Step(weight: 5) { try $0.endSomeClient(byKill: true) },
        Step(weight: 10) { try $0.declareAnother() },
        Step(weight: 6) { try $0.changeDeclaration() },
        Step(weight: 5) { try $0.dropDeclaration() },
        Step(weight: 2) { try $0.reloadBadFile() },
        Step(weight: 4) { try $0.removeUnused() },
        Step(weight: 4) { try $0.removeIdle() },
        Step(weight: 3) { try $0.removeNow(restarting: false) },
        Step(weight: 3) { try $0.removeBehindItsBack(restarting: false) },
        Step(weight: 3) { try $0.removeUnattachedBehindItsBack() },
        Step(weight: 3) { try $0.changeBehindItsBack() },
        Step(weight: 4, endsDaemon: true) { try $0.restart(SIGKILL) },
        Step(weight: 3, endsDaemon: true) { try $0.restart(SIGUSR2) },
        Step(weight: 2, endsDaemon: true) { try $0.stopAndStart() },
        Step(weight: 3, endsDaemon: true) { try $0.killBoth() },
        Step(weight: 1, endsDaemon: true) { try $0.removeNow(restarting: true) },
        Step(weight: 1, endsDaemon: true) { try $0.removeBehindItsBack(restarting: true) },
    ]
}
