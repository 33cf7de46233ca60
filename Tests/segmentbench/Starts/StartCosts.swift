import SegmentTestSupport

/// What the starts of one program cost.
struct StartCosts {
    private var ready = Samples()
    private var processorTime = Samples()
    /// After the last start, in KiB.
    private(set) var resident = 0.0
    private(set) var anonymous = 0.0

    /// From exec to READY=1: the median, the slowest, and the CPU time of the median, which other work does not touch.
    var milliseconds: Double { ready.microseconds(50) / 1000 }
    var slowestMilliseconds: Double { ready.microseconds(100) / 1000 }
    var processorMilliseconds: Double { processorTime.microseconds(50) / 1000 }

    mutating func add(_ program: [String], in directory: WorkingDirectory, records: Bool) throws {
        try RunningProgram.with(program, in: directory) { program in
            if records {
                ready.record(nanoseconds: program.readyAfter)
                processorTime.record(nanoseconds: program.processorTime)
            }
            let status = ProcessStatus(program.process)
            (resident, anonymous) = (Double(status.resident), Double(status.anonymous))
        }
    }
}
