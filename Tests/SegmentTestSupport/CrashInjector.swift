import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// Crashes a broker at any of its calls to the kernel or the records, or makes a call fail.
///
/// After a crash, further calls of the broker have no effect and fail. It is then dropped, as kill -9 drops a
/// process between two instructions.
package final class CrashInjector {
    /// The calls made so far.
    package private(set) var calls: [OutsideCall] = []
    /// Crashes at the call of this index, counted from 0, before or after it takes effect.
    package var end: (index: Int, afterEffect: Bool)?
    /// Fails the call of this index without effect.
    package var fault: (index: Int, errno: Errno)?
    /// Fails each call of this kind without effect.
    package var refused: (word: OutsideCall.Word, errno: Errno)?
    /// Makes queries of this segment fail.
    package var silence: (identifier: SegmentIdentifier, errno: Errno)?
    package private(set) var hasCrashed = false
    /// Called before and after each call takes effect, to simulate what other processes do at that moment.
    package var before: (OutsideCall) -> Void = { _ in }
    package var after: (OutsideCall, SegmentIdentifier?) -> Void = { _, _ in }

    /// The errno of calls after a crash.
    package static let dead = Errno(rawValue: 999)

    package init() {}

    /// Discards the calls made so far and the planned faults.
    package func restart() {
        calls.removeAll(keepingCapacity: true)
        (end, fault, refused, silence) = (nil, nil, nil, nil)
    }

    package func crash() { hasCrashed = true }

    /// Whether the fault has happened.
    package var hasFailed: Bool { fault.map { $0.index < calls.count } ?? false }

    func enter(_ call: OutsideCall) throws(Errno) {
        guard !hasCrashed else { throw Self.dead }
        before(call)
        let index = calls.count
        calls.append(call)
        if let end, end.index == index, !end.afterEffect { hasCrashed = true }
        guard !hasCrashed else { throw Self.dead }
        if let refused, refused.word == call.word { throw refused.errno }
        if let silence, call.asks(of: silence.identifier) { throw silence.errno }
        // shmdt(2) fails only if nothing is attached: there is no failure that leaves an attachment.
        if let fault, fault.index == index, call.word != .detach { throw fault.errno }
    }

    func leave(_ call: OutsideCall, _ identifier: SegmentIdentifier? = nil) throws(Errno) {
        after(call, identifier)
        if let end, end.index == calls.count - 1, end.afterEffect { hasCrashed = true }
        guard !hasCrashed else { throw Self.dead }
    }
}

extension OutsideCall {
    fileprivate func asks(of identifier: SegmentIdentifier) -> Bool {
        switch self {
        case .status(identifier), .statusOfAny(identifier): true
        default: false
        }
    }
}

/// A call of a broker to the kernel or the records, with its subject.
package enum OutsideCall: Sendable {
    case ftok(FilePath)
    case find(SegmentKey)
    case create(SegmentKey)
    case attach(SegmentIdentifier)
    case detach(AttachmentAddress)
    case status(SegmentIdentifier)
    case statusOfAny(SegmentIdentifier)
    case setOwner(SegmentIdentifier)
    case remove(SegmentIdentifier)
    case limits
    case excludeFromCoreDumps(AttachmentAddress)
    case loadRecords
    case writeRecord(SegmentRecord)
    case removeRecord(SegmentName)

    /// The name of the call, without its subject.
    package var word: Word {
        switch self {
        case .ftok: .ftok
        case .find: .find
        case .create: .create
        case .attach: .attach
        case .detach: .detach
        case .status: .status
        case .statusOfAny: .statusOfAny
        case .setOwner: .setOwner
        case .remove: .remove
        case .limits: .limits
        case .excludeFromCoreDumps: .excludeFromCoreDumps
        case .loadRecords: .loadRecords
        case .writeRecord: .writeRecord
        case .removeRecord: .removeRecord
        }
    }

    package enum Word: String, CaseIterable, Sendable {
        case ftok, find, create, attach, detach, status, statusOfAny, setOwner, remove, limits
        case excludeFromCoreDumps
        case loadRecords, writeRecord, removeRecord
    }
}
