import SegmentBroker
import SegmentModel
import SystemPackage
import SystemVSharedMemory

/// The sequence of moves and faults that led to a system; histories share their beginnings.
final class History {
    private let line: Line
    private let before: History?

    enum Line {
        case begin
        case move(Move)
        case crash(SegmentLifecycle.Action)
        case refusal(SegmentLifecycle.Action)
        case race(SegmentLifecycle.Action)
        case intrusion(Move, before: SegmentLifecycle.Action)
    }

    init(_ line: Line, after before: History? = nil) {
        (self.line, self.before) = (line, before)
    }

    var lines: [String] { (before?.lines ?? []) + [line.text] }
}

extension History.Line {
    var text: String {
        switch self {
        case .begin: "an empty host"
        case .move(let move): move.text
        case .crash(let action): "    killed after: \(action.word)"
        case .refusal(let action): "    refused: \(action.word)"
        case .race(let action): "    a stranger is faster within: \(action.word)"
        case .intrusion(let move, let action): "    \(move.text), before: \(action.word)"
        }
    }
}

extension Move {
    var text: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .restart: "restart"
        case .kill: "kill"
        case .reload: "reload, nothing edited"
        case .undeclare: "undeclare, reload"
        case .edit(let index): "edit to declaration \(index), reload"
        case .acquire: "Acquire"
        case .release: "Release"
        case .ask(let request):
            "\(request.verb == .remove ? "Remove" : "Renew") \(request.isNow ? "now" : "idle")"
        case .adopt: "Adopt"
        case .check: "check"
        case .lingerOver: "the linger is over"
        case .attach(let identifier): "a client attaches segment \(identifier)"
        case .detach(let identifier): "a client detaches segment \(identifier)"
        case .rootRemoves(let identifier): "root removes segment \(identifier)"
        case .rootTakesOwnership(let identifier): "root takes the ownership of segment \(identifier)"
        case .strangerCreates: "a stranger creates a segment under the key"
        case .strangerRemoves: "the stranger removes its segment"
        }
    }
}

extension SegmentLifecycle.Action {
    var word: String {
        switch self {
        case .ask(let identifier): "ask for segment \(identifier)"
        case .find: "find the key's segment"
        case .create: "create"
        case .attach: "attach"
        case .setPermissions(_, let permissions):
            "set mode \(permissions.mode.octal), group \(permissions.groupID)"
        case .mark: "mark for removal"
        case .replace: "replace"
        case .writeRecord: "write the record"
        case .eraseRecord: "erase the record"
        case .detach: "detach"
        case .arm: "arm the timer"
        case .disarm: "disarm the timer"
        case .tell: "tell"
        }
    }
}

extension ExploredSystem.View: CustomStringConvertible {
    var description: String {
        let due = request.map { ", \(Move.ask($0).text) due" } ?? ""
        return "\(state?.rawValue ?? "not running")\(due), \(segments.map(\.description).sorted())"
    }
}

extension ExploredSystem.View.Segment: CustomStringConvertible {
    var description: String {
        let words = [
            isOurs ? "ours" : "foreign", isMarked ? "marked" : "key \(key)", "\(size) bytes",
            permissions.map { "\($0.mode.octal) \($0.userID):\($0.groupID)" },
            isPinned ? "attached by the broker" : nil, clients > 0 ? "attached by a client" : nil,
        ]
        return words.compactMap(\.self).joined(separator: ", ")
    }
}
