import Glibc
import Logging
import NIOCore
import SegmentBroker
import SegmentModel
import SegmentService
import ServiceLifecycle
import Systemd
import UnixSignals

/// What signals mean: SIGTERM and SIGINT stop, SIGUSR2 ends for a restart, SIGHUP reads the configuration again.
struct SignalService: Service {
    let service: NIOLoopBound<SegmentService>
    let eventLoop: any EventLoop
    let manager: any ServiceManager
    let logger: Logger

    /// Armed before READY=1: until then SIGHUP would end the process.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sigusr2, .sighup)
        let status = try await onLoop { service in
            service.startChecking(every: checkPeriod)
            return service.statusLine
        }
        logger.notice(
            "\(status)",
            metadata: [LoggedKey.event.rawValue: .string(LoggedEvent.started.rawValue)]
        )
        manager.tell([.ready, .status(status)])
        for await signal in signals {
            if signal == .sighup {
                try await onLoop { $0.reloadConfiguration() }
                continue
            }
            return try await stop(isRestart: signal == .sigusr2)
        }
    }

    private func stop(isRestart: Bool) async throws {
        let status = isRestart ? "Ending for a restart, every segment is kept" : "Stopping"
        manager.tell([.stopping, .status(status)])
        logger.notice(
            "\(status)",
            metadata: [LoggedKey.event.rawValue: .string(LoggedEvent.stopped.rawValue)]
        )
        try await onLoop { service in
            service.stopChecking()
            service.broker.stop(isRestart: isRestart)
        }
    }

    /// Every 15 s, or twice in the time that systemd's watchdog waits if that is sooner.
    private var checkPeriod: Duration {
        let longest = Duration.seconds(15)
        return NotifySocket.watchdogTimeout.map { min($0 / 2, longest) } ?? longest
    }

    @discardableResult
    private func onLoop<Outcome: Sendable>(
        _ body: @escaping @Sendable (SegmentService) -> Outcome
    ) async throws -> Outcome {
        let service = service
        return try await eventLoop.submit { body(service.value) }.get()
    }
}
