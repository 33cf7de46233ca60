import CLinux
import CSegmentd
import PrintableText

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
