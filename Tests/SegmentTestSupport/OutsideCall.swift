import SegmentModel
import SegmentRecords
import SystemPackage
import SystemVSharedMemory

/// One call that a broker makes on the world outside, with what it is about.
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

    /// The call's name, without what it is about.
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
