import Glibc

/// A queue of bytes, appended at the end and removed from the front, in memory of its own.
///
/// An array would do, but each access to an array stored in an object costs a reference count and an
/// exclusivity check, together more than all other work on the bytes of a call. The memory is safe to use
/// because nothing outside the written part is accessed, nor anything after the memory has moved.
@safe final class ByteQueue {
    private var memory: UnsafeMutableRawPointer?
    /// In bytes.
    private(set) var capacity = 0
    private var start = 0
    private var end = 0

    deinit { unsafe free(memory) }

    var count: Int { end - start }

    @inline(__always)
    func append(_ byte: UInt8) {
        reserve(1)
        unsafe memory?.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
        end += 1
    }

    func append(_ text: StaticString) {
        unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends `count` bytes, all of which `body` must write.
    @inline(__always)
    func append(count: Int, _ body: (UnsafeMutableRawPointer) -> Void) {
        reserve(count)
        guard let memory = unsafe memory else { return }
        unsafe body(memory + end)
        end += count
    }

    func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.baseAddress else { return }
        unsafe append(count: bytes.count) { unsafe memcpy($0, first, bytes.count) }
    }

    func removeFirst(_ count: Int) {
        precondition(0...self.count ~= count)
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    /// Removes all bytes, and frees their memory if it is larger than `kept` bytes.
    func removeAll(keeping kept: Int = 0) {
        (start, end) = (0, 0)
        if capacity > kept { resize(to: 0) }
    }

    /// Frees memory that the bytes do not need.
    func shrink() {
        moveToFront()
        resize(to: count)
    }

    /// Returns the offset of the first zero byte at or after an offset; memchr(3).
    func firstZero(from offset: Int) -> Int? {
        guard let memory = unsafe memory, offset < count,
            let zero = unsafe memchr(memory + start + offset, 0, count - offset)
        else { return nil }
        return unsafe UnsafeRawPointer(zero) - UnsafeRawPointer(memory + start)
    }

    /// Calls `body` with the bytes from an offset on, which are valid only during the call; `body` must not
    /// change the queue.
    func withBytes<Result, Failure>(
        from offset: Int = 0,
        count: Int? = nil,
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let count = count ?? self.count - offset
        precondition(offset >= 0 && count >= 0 && offset + count <= self.count)
        let bytes = unsafe UnsafeRawBufferPointer(
            start: memory.map { unsafe $0 + start + offset },
            count: count
        )
        return try unsafe body(Span<UInt8>(_unsafeBytes: bytes))
    }

    @inline(__always)
    private func reserve(_ more: Int) {
        if end + more > capacity { grow(more) }
    }

    @inline(never)
    private func grow(_ more: Int) {
        if start > 0 { moveToFront() }
        if end + more > capacity { resize(to: max(end + more, 2 * capacity, 256)) }
    }

    private func moveToFront() {
        guard let memory = unsafe memory, start > 0 else { return }
        unsafe memmove(memory, memory + start, count)
        (start, end) = (0, count)
    }

    private func resize(to size: Int) {
        if size == 0 {
            unsafe free(memory)
            unsafe memory = nil
        } else {
            guard let moved = unsafe realloc(memory, size) else { fatalError("no memory for \(size) bytes") }
            unsafe memory = moved
        }
        capacity = size
    }
}

extension Span<UInt8> {
    /// Returns whether a text is found at an offset; memcmp(3).
    func holds(_ text: StaticString, at offset: Int) -> Bool {
        guard offset + text.utf8CodeUnitCount <= count else { return false }
        return unsafe withUnsafeBytes { bytes in
            unsafe bytes.baseAddress.map {
                unsafe memcmp($0 + offset, text.utf8Start, text.utf8CodeUnitCount)
            } == 0
        }
    }
}
