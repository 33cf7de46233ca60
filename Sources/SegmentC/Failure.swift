import CLinux
import CSegmentd
import PrintableText
import Segments
import SegmentExchange

/// Why a function of the C library failed: the number that it returns, and what is kept for `segmentd_last_error`.
struct Failure: Error {
    let code: segmentd_error
    /// One line for people.
    let text: String
    /// Of the system call that failed; 0 if none did.
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
        switch error {
        case .unreachable(_, let errno):
            self.init(code: SEGMENTD_ERROR_UNREACHABLE, text: text, errno: errno)
        case .untrusted: self.init(code: SEGMENTD_ERROR_UNTRUSTED, text: text)
        case .timedOut: self.init(code: SEGMENTD_ERROR_TIMED_OUT, text: text)
        case .disconnected, .outcomeUnknown: self.init(code: SEGMENTD_ERROR_DISCONNECTED, text: text)
        case .protocolViolation: self.init(code: SEGMENTD_ERROR_PROTOCOL, text: text)
        case .refused(let error): self.init(error)
        case .otherNamespace: self.init(code: SEGMENTD_ERROR_OTHER_NAMESPACE, text: text)
        case .identityDiffers: self.init(code: SEGMENTD_ERROR_IDENTITY_DIFFERS, text: text)
        case .failed(_, let errno): self.init(code: SEGMENTD_ERROR_SYSTEM, text: text, errno: errno)
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
            // No answer to what this library asks for.
            case .segmentInUse, .noSuchLease, .configurationInvalid, .permissionDenied:
                SEGMENTD_ERROR_PROTOCOL
            }
        self.init(code: code, text: error.description)
    }

    init(_ error: ExchangeError) {
        var errno: Int32 = 0
        let code: segmentd_error
        switch error {
        case .segmentTooSmall: code = SEGMENTD_ERROR_SEGMENT_TOO_SMALL
        case .readOnly: code = SEGMENTD_ERROR_ACCESS_DENIED
        case .otherContents, .otherValueSize: code = SEGMENTD_ERROR_OTHER_CONTENTS
        case .taken: code = SEGMENTD_ERROR_SIDE_TAKEN
        case .cannotBeWatched: code = SEGMENTD_ERROR_PEER_HIDDEN
        case .timedOut: code = SEGMENTD_ERROR_TIMED_OUT
        case .peerDied: code = SEGMENTD_ERROR_PEER_DIED
        case .peerClosed: code = SEGMENTD_ERROR_PEER_CLOSED
        case .corrupted, .overrun: code = SEGMENTD_ERROR_CORRUPTED
        case .segmentRemoved: code = SEGMENTD_ERROR_SEGMENT_REMOVED
        case .inherited: code = SEGMENTD_ERROR_INHERITED
        case .failed(_, let number):
            code = SEGMENTD_ERROR_SYSTEM
            errno = number
        }
        self.init(code: code, text: error.description, errno: errno)
    }
}

/// What this thread's last failure was.
@c @implementation
public func segmentd_last_error() -> UnsafePointer<CChar>? { unsafe UnsafePointer(clinux_thread_text()) }

/// The errno of the system call that this thread's last failure came from.
@c @implementation
public func segmentd_last_errno() -> CInt { unsafe clinux_thread_number().pointee }

/// What a function of the C library returns that has no count: 0, or the number of its failure.
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

/// What a function of the C library returns that counts: a count, or the number of its failure.
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
    /// For `segmentd_last_error` and `segmentd_last_errno`, in this thread.
    func keep() {
        unsafe clinux_thread_number().pointee = errno
        let place = unsafe UnsafeMutableRawBufferPointer(
            start: clinux_thread_text(),
            count: Int(CLINUX_THREAD_TEXT_SIZE)
        )
        unsafe place.copyBytes(from: bytes(upTo: place.count - 1) + [0])
    }

    /// The text's first bytes in UTF-8, without half a character at the end.
    private func bytes(upTo limit: Int) -> [UInt8] {
        let bytes = Array(text.printable.utf8)
        guard bytes.count > limit else { return bytes }
        var end = limit
        while bytes[end] & 0xc0 == 0x80 { end -= 1 }
        return Array(bytes[..<end])
    }
}
