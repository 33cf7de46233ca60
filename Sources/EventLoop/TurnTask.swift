/// Something to be done at the end of a turn, each time that is asked for, until nobody has it any more.
///
/// It is made once and asked for often, for which neither memory nor a look into a collection is needed.
package final class TurnTask {
    /// What the loop has of it.
    final class Entry {
        let body: () -> Void
        /// At the end of which turn it is to be done; 0 where it is not.
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

    /// Has it done when all that this turn has found is taken up; from there, after the next turn.
    package func doAfterThisTurn() { loop.schedule(entry, afterNext: false) }

    /// Has it done when the loop has looked at its sockets once more and has taken up what it found.
    package func doAfterTheNextTurn() { loop.schedule(entry, afterNext: true) }
}
