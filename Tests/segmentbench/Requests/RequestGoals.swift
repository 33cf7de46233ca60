import SegmentTestSupport

/// What segmentd promises, against the echo.
///
/// Times are compared on one CPU, where nothing runs at once and a ratio is one of work; throughput on two, where the
/// server has one to itself.
struct RequestGoals {
    let clients: Int
    private let processors = ProcessStatus.allowedProcessors

    init(clients: Int) { self.clients = clients }

    var median: Goal? { isQuiet ? .ratioAtMost(2.0) : nil }
    var tail: Goal? { isQuiet ? .ratioAtMost(3.0) : nil }
    var throughput: Goal? { processors > 1 && clients == 64 ? .ratioAtLeast(0.5) : nil }
    /// Of a client that joins, beside connect, echo and attach.
    var join: Goal? { isQuiet ? .ratioAtMost(2.2) : nil }

    private var isQuiet: Bool { processors == 1 && clients == 1 }
}
