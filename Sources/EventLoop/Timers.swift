import POSIX
/// The timers of a loop: what is due when, and how late it may be.
///
/// The loop asks for the two times in each turn: they are kept, because looking into an array that stands in an object
/// costs more.
final class Timers {
    private struct Entry {
        var number: UInt64
        var due: MonotonicTime
        var latest: MonotonicTime
        var body: () -> Void
    }

    /// The first that is due first; of those due at once, the first that was made.
    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    /// When somebody must be woken up at the latest; nil where nobody is.
    private(set) var wakeTime: MonotonicTime?
    /// When the next is due; it is late from `wakeTime` on.
    private(set) var nextDue: MonotonicTime?

    func add(due: MonotonicTime, slack: Duration, _ body: @escaping () -> Void) -> UInt64 {
        lastNumber += 1
        let entry = Entry(number: lastNumber, due: due, latest: due + slack, body: body)
        entries.insert(entry, at: entries.firstIndex { due < $0.due } ?? entries.endIndex)
        nextDue = entries.first?.due
        wakeTime = min(wakeTime ?? entry.latest, entry.latest)
        return lastNumber
    }

    /// Forgets one; false where it has been taken or forgotten already.
    func remove(_ number: UInt64) -> Bool {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return false }
        entries.remove(at: index)
        noteTimes()
        return true
    }

    /// The number of the newest there is.
    var newest: UInt64 { lastNumber }

    /// Takes the first that is due at `now` and was not made after `newest`: what a timer makes waits for another turn.
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
