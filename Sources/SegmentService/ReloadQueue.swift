import SegmentModel

/// Reloads that were asked for and are not done: one runs at a time, and all who asked before it began share it.
struct ReloadQueue {
    typealias Completion = (Result<ReloadOutcome, BrokerError>) -> Void

    private var running: [Completion]?
    private var waiting: [Completion] = []

    /// True if the caller must begin a reload now.
    mutating func ask(_ completion: @escaping Completion) -> Bool {
        guard running == nil else {
            waiting.append(completion)
            return false
        }
        running = [completion]
        return true
    }

    /// Those who asked for the reload that is over, and whether another must begin.
    mutating func finish() -> (done: [Completion], another: Bool) {
        let done = running ?? []
        running = waiting.isEmpty ? nil : waiting
        waiting = []
        return (done, running != nil)
    }
}
