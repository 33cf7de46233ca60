import Logging
import SegmentBroker
import SegmentModel
import SegmentTestSupport
import SystemVSharedMemory

/// One broker from its start to its end, and what its process holds.
final class BrokerLife {
    static let processID: Int32 = 100
    static let userID: UInt32 = 990

    let broker: Broker
    let lifeline: Lifeline
    /// What the worker has still to detach.
    var detaches: [AttachmentAddress] { worker.detaches }
    private let worker: Worker

    private final class Worker {
        var detaches: [AttachmentAddress] = []
    }

    init(_ kernel: FakeKernel, _ disk: MemoryRecords, _ clock: ManualClock, isService: Bool) throws {
        let lifeline = Lifeline()
        let worker = Worker()
        (self.lifeline, self.worker) = (lifeline, worker)
        broker = try Broker(
            kernel: MortalKernel(kernel, lifeline),
            records: MortalRecords(disk, lifeline),
            clock: clock,
            identity: BrokerIdentity(
                userID: Self.userID,
                groupID: Self.userID,
                groupName: "segmentd",
                isService: isService,
                processID: Self.processID
            ),
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() },
            detachElsewhere: { if !lifeline.isCut { worker.detaches.append($0) } }
        )
    }

    /// The worker gets to the first of its work.
    func work(_ kernel: FakeKernel) {
        guard !worker.detaches.isEmpty else { return }
        try? kernel.detach(worker.detaches.removeFirst())
    }
}
