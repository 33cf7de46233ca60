import POSIX
/// The timers of a loop with their due times and slack.
///
/// The loop needs both times in each turn; they are stored, because access to an array in an object costs
/// more.
final class Timers {
    private struct Entry {
        var number: UInt64
        var due: MonotonicTime
        var latest: MonotonicTime
        var body: () -> Void
    }

    /// In order of due time, then of creation.
    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    /// When the thread must be woken at the latest; nil if there is no timer.
    private(set) var wakeTime: MonotonicTime?
    /// When the next timer is due; after `wakeTime` it is late.
    private(set) var nextDue: MonotonicTime?

    func add(due: MonotonicTime, slack: Duration, _ body: @escaping () -> Void) -> UInt64 {
        lastNumber += 1
        let entry = Entry(number: lastNumber, due: due, latest: due + slack, body: body)
        entries.insert(entry, at: entries.firstIndex { due < $0.due } ?? entries.endIndex)
        nextDue = entries.first?.due
        wakeTime = min(wakeTime ?? entry.latest, entry.latest)
        return lastNumber
    }

    /// Removes a timer; returns false if it has already been removed.
    func remove(_ number: UInt64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return false }
        entries.remove(at: index)
        noteTimes()
        return true
    }

    /// The number of the newest timer.
    var newest: UInt64 { lastNumber }

    /// Removes and returns the first timer due at `now` and not newer than `newest`: newer ones wait for
    /// another turn.
    func popDue(at now: MonotonicTime, upTo newest: UInt64) -> (() -> Void)? {
        guard let index = entries.firstIndex(where: { $0.number <= newest }), entries[index].due <= now else {
            return nil
        }
        let body = entries.remove(at: index).body
        noteTimes()
        return body
    }

    private func noteTimes() {
        nextDue = entries.first?.due
        wakeTime = entries.lazy.map(\.latest).min()
    }
}
