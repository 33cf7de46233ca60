/// A task to run at the end of a turn, each time it is scheduled, as long as it is referenced.
///
/// It is created once and scheduled often, which takes neither memory nor a lookup in a collection.
package final class TurnTask {
    /// The loop's part of a task.
    final class Entry {
        let body: () -> Void
        /// The number of the turn at whose end it runs; 0 if not scheduled.
        var due = 0

        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private let loop: EventLoop
    private let entry: Entry

    init(_ loop: EventLoop, _ body: @escaping () -> Void) {
        self.loop = loop
        entry = Entry(body)
        loop.add(entry)
    }

    deinit { loop.remove(entry) }

    /// Schedules it for the end of this turn; if called from a task, for the end of the next turn.
    package func doAfterThisTurn() { loop.schedule(entry, afterNext: false) }

    /// Schedules it for the end of the next turn, after the loop has polled its sockets once more.
    package func doAfterTheNextTurn() { loop.schedule(entry, afterNext: true) }
}
