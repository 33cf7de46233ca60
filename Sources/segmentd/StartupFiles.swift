import EventLoop
import POSIX
import SegmentConfiguration
import SegmentModel
import SegmentRecords
import SegmentService
import SystemPackage
import Systemd

/// The configuration and the records that a start reads before it touches any segment.
///
/// Their file systems may hang, so another thread reads them while the loop turns and obeys signals.
final class StartupFiles {
    private let queue: BackgroundQueue
    private let loop: EventLoop
    private let inbox: Inbox<Daemon.Message>
    private let manager: any ServiceManager
    /// Whether SIGHUP arrived while they were being read.
    private(set) var isReloadDue = false

    init(
        _ queue: BackgroundQueue,
        _ loop: EventLoop,
        _ inbox: Inbox<Daemon.Message>,
        _ manager: any ServiceManager
    ) {
        self.queue = queue
        self.loop = loop
        self.inbox = inbox
        self.manager = manager
    }

    func readConfiguration(
        _ source: ConfigurationSource,
        at location: ConfigurationLocation
    ) throws(StartError) -> Configuration {
        let fileSystem = "the file system of the configuration, \(location.directories[0]),"
        switch try outcome(from: fileSystem, { source.read() }) {
        case .success(let configuration): return configuration
        case .failure(let invalid): throw .configuration(invalid)
        }
    }

    /// Locks the records and loads them.
    func openRecords(
        at path: FilePath
    ) throws(StartError) -> (any SegmentRecords & Sendable, LoadedRecords) {
        let opened = try outcome(from: "the file system of the records, \(path),") {
            Result { () throws(StartError) in try Self.open(path) }
        }
        let (directory, loaded) = try opened.get()
        let isFast = directory.isInMemory
        return (isFast ? directory : TimedRecords(directory, limit: .milliseconds(50)), loaded)
    }

    private static func open(_ path: FilePath) throws(StartError) -> (RecordDirectory, LoadedRecords) {
        try path.makeParent()
        do throws(RecordDirectoryError) {
            let records = try RecordDirectory(path)
            do throws(RecordsError) { return (records, try records.load()) } catch {
                throw .records(error)
            }
        } catch {
            throw .records(error)
        }
    }

    /// Runs `work` on the queue's thread and waits for its outcome; a signal to stop ends the start.
    private func outcome<Outcome: Sendable>(
        from fileSystem: String,
        _ work: @escaping @Sendable () -> Outcome
    ) throws(StartError) -> Outcome {
        var outcome: Outcome?
        let expected = loop.expect { [inbox] in
            outcome = $0
            inbox.post(.filesRead)
        }
        // The loop keeps what expects an outcome, also of a start that a signal ends.
        defer { loop.forget(expected) }
        guard queue.run({ expected.send(work()) }) else { throw .noThread }
        var report = StartupReport(manager)
        let deadline = Deadline(.seconds(30))
        while !deadline.hasPassed {
            switch inbox.next(within: min(report.remaining, deadline.remaining)) {
            case .signal(.reload): isReloadDue = true
            case .signal: throw .interrupted
            default: break
            }
            if let outcome { return outcome }
            report.sendIfDue("Starting: \(fileSystem) does not answer")
        }
        throw .unanswered(fileSystem)
    }
}

/// Tells the service manager every 5 s that the start is waiting, however many messages arrive meanwhile.
struct StartupReport {
    private let manager: any ServiceManager
    private var deadline = Deadline(.seconds(5))

    init(_ manager: any ServiceManager) { self.manager = manager }

    /// The time until the next report is due.
    var remaining: Duration { deadline.remaining }

    mutating func sendIfDue(_ status: @autoclosure () -> String) {
        guard deadline.hasPassed else { return }
        deadline = Deadline(.seconds(5))
        manager.tell([.extendTimeout(30_000_000), .status(status())])
    }
}

extension Configuration {
    /// Throws if the directory of recorded segments is missing, since that does not mean that they are to be
    /// removed.
    func refuseVanishedDirectory(_ loaded: LoadedRecords) throws(StartError) {
        guard let directory = vanishedDirectory(of: Set(loaded.records.map(\.name))) else { return }
        let problem = ConfigurationProblem.vanished(directory, remedy: "create an empty one")
        throw .configuration(ConfigurationInvalid(problems: [problem]))
    }
}
