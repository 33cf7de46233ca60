import SegmentModel

/// Reloads that were asked for and are not done: one runs at a time, and all who asked before it began share it.
struct ReloadQueue {
    typealias Completion = (Result<ReloadOutcome, BrokerError>) -> Void

    private var running: [Completion]?
    private var waiting: [Completion] = []
    /// Whether somebody who shares the running reload asks for segments to go with their directory.
    private(set) var removesAll = false
    private var willRemoveAll = false

    /// The start of the daemon is a reload that nobody has asked for: who asks meanwhile waits for its end.
    mutating func begin() { running = [] }

    /// True if the caller must begin a reload now.
    mutating func ask(removeAll: Bool = false, _ completion: @escaping Completion) -> Bool {
        guard running == nil else {
            waiting.append(completion)
            willRemoveAll = willRemoveAll || removeAll
            return false
        }
        running = [completion]
        removesAll = removeAll
        return true
    }

    /// Those who asked for the reload that is over, and whether another must begin.
    mutating func finish() -> (done: [Completion], another: Bool) {
        let done = running ?? []
        running = waiting.isEmpty ? nil : waiting
        waiting = []
        removesAll = willRemoveAll
        willRemoveAll = false
        return (done, running != nil)
    }

    /// Those who wait for the end of what runs, and are not to wait any longer.
    mutating func dropWaiting() -> [Completion] {
        defer { (waiting, willRemoveAll) = ([], false) }
        return waiting
    }
}
