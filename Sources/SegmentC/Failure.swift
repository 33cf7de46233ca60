import CLinux
import CSegmentd
import PrintableText
import Segments
import SegmentExchange
import SystemPackage

/// The failure of a C function: the number that it returns, and the facts for `segmentd_last_error`.
struct Failure: Error {
    let code: segmentd_error
    /// One line for people.
    let text: String
    /// The errno of the failed system call; 0 if none failed.
    var errno: Int32 = 0

    /// A mistake of the program.
    static func invalid(_ text: String) -> Failure {
        Failure(code: SEGMENTD_ERROR_INVALID_ARGUMENT, text: text)
    }

    static let busy = Failure(code: SEGMENTD_ERROR_BUSY, text: "another thread is using this stream")

    static let finished = Failure(code: SEGMENTD_ERROR_FINISHED, text: "the stream has been finished already")
}

extension Failure {
    init(_ error: SegmentClientError) {
        let text = error.description
        switch error.reason {
        case .unreachable(_, let errno):
            self.init(code: SEGMENTD_ERROR_UNREACHABLE, text: text, errno: errno.rawValue)
        case .untrusted: self.init(code: SEGMENTD_ERROR_UNTRUSTED, text: text)
        case .timedOut: self.init(code: SEGMENTD_ERROR_TIMED_OUT, text: text)
        case .disconnected, .outcomeUnknown: self.init(code: SEGMENTD_ERROR_DISCONNECTED, text: text)
        case .protocolViolation, .refusedOtherwise: self.init(code: SEGMENTD_ERROR_PROTOCOL, text: text)
        case .refused(let error): self.init(error)
        case .ipcNamespaceMismatch: self.init(code: SEGMENTD_ERROR_OTHER_NAMESPACE, text: text)
        case .segmentMismatch: self.init(code: SEGMENTD_ERROR_IDENTITY_DIFFERS, text: text)
        case .systemCall(_, let errno):
            self.init(code: SEGMENTD_ERROR_SYSTEM, text: text, errno: errno.rawValue)
        }
    }

    init(_ error: BrokerError) {
        let code =
            switch error {
            case .noSuchSegment: SEGMENTD_ERROR_NO_SUCH_SEGMENT
            case .accessDenied: SEGMENTD_ERROR_ACCESS_DENIED
            case .segmentBlocked: SEGMENTD_ERROR_SEGMENT_BLOCKED
            case .segmentRemoving: SEGMENTD_ERROR_SEGMENT_REMOVING
            case .limitReached: SEGMENTD_ERROR_LIMIT_REACHED
            // These answer no request of this library.
            case .segmentInUse, .noSuchLease, .configurationInvalid, .permissionDenied:
                SEGMENTD_ERROR_PROTOCOL
            }
        self.init(code: code, text: error.description)
    }

    init(_ error: ExchangeError) {
        var errno: Int32 = 0
        let code: segmentd_error
        switch error.reason {
        case .segmentTooSmall: code = SEGMENTD_ERROR_SEGMENT_TOO_SMALL
        case .readOnly: code = SEGMENTD_ERROR_ACCESS_DENIED
        case .unrecognizedLayout, .valueSizeMismatch: code = SEGMENTD_ERROR_OTHER_CONTENTS
        case .sideInUse: code = SEGMENTD_ERROR_SIDE_TAKEN
        case .peerNotVisible: code = SEGMENTD_ERROR_PEER_HIDDEN
        case .timedOut: code = SEGMENTD_ERROR_TIMED_OUT
        case .peerDied: code = SEGMENTD_ERROR_PEER_DIED
        case .peerClosed: code = SEGMENTD_ERROR_PEER_CLOSED
        case .corrupted, .overrun: code = SEGMENTD_ERROR_CORRUPTED
        case .segmentRemoved: code = SEGMENTD_ERROR_SEGMENT_REMOVED
        case .inherited: code = SEGMENTD_ERROR_INHERITED
        case .systemCall(_, let number):
            code = SEGMENTD_ERROR_SYSTEM
            errno = number.rawValue
        }
        self.init(code: code, text: error.description, errno: errno)
    }
}

/// Returns the text of this thread's last failure.
@c @implementation
public func segmentd_last_error() -> UnsafePointer<CChar>? { unsafe UnsafePointer(clinux_thread_text()) }

/// Returns the errno of the system call that caused this thread's last failure.
@c @implementation
public func segmentd_last_errno() -> CInt { unsafe clinux_thread_number().pointee }

/// Runs a C function that returns 0, or the number of its failure.
func status(_ body: () throws(Failure) -> Void) -> CInt {
    withoutCancellation {
        do throws(Failure) {
            try body()
            return 0
        } catch {
            error.keep()
            return error.code.rawValue
        }
    }
}

/// Runs a C function that returns a count, or the number of its failure.
func counting(_ body: () throws(Failure) -> Int64) -> Int64 {
    withoutCancellation {
        do throws(Failure) {
            return try body()
        } catch {
            error.keep()
            return Int64(error.code.rawValue)
        }
    }
}

extension Failure {
    /// Keeps the failure for this thread's `segmentd_last_error` and `segmentd_last_errno`.
    func keep() {
        unsafe clinux_thread_number().pointee = errno
        let place = unsafe UnsafeMutableRawBufferPointer(
            start: clinux_thread_text(),
            count: Int(CLINUX_THREAD_TEXT_SIZE)
        )
        unsafe place.copyBytes(from: bytes(upTo: place.count - 1) + [0])
    }

    /// The first bytes of the text in UTF-8, cut between characters.
    private func bytes(upTo limit: Int) -> [UInt8] {
        let bytes = Array(text.printable.utf8)
        guard bytes.count > limit else { return bytes }
        var end = limit
        while bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }
}
