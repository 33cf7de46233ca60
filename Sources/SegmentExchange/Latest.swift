public import Segments

/// The newest value of something, in a segment: one process publishes, many read.
///
/// Every reader gets a whole value, and the newest there is; the writer waits for nobody. Values are copied bit by
/// bit between programs: use types for which every pattern of bits is a value, such as integers, floats, and structs
/// of them without references, and declare them alike on all sides.
public enum Latest<Value: BitwiseCopyable> {
    /// In bytes; a type without any counts as one, since 0 is memory that nobody has begun to use.
    private static var valueSize: Int { max(1, MemoryLayout<Value>.size) }

    /// Publishes values.
    ///
    /// If its process ends or becomes another program, at whatever instruction, readers keep the newest whole value,
    /// and the next writer goes on from there. To tell that, it has a thread, which sleeps.
    public struct Writer: ~Copyable, Sendable {
        @usableFromInline let publisher: LatestPublisher
        private let segment: AttachedSegment?

        /// Takes the writing side of a segment that is attached for writing too, and used for nothing else.
        ///
        /// Its size is at least 4 KiB and four times the size of a value, rounded up to 128 bytes.
        /// Throws `taken` where another process publishes, `cannotBeWatched`, `otherContents`, `otherValueSize`,
        /// `segmentTooSmall`, `readOnly`, `corrupted` where somebody goes on writing over the claim, `failed`.
        public init(_ segment: consuming AttachedSegment) throws(ExchangeError) {
            guard segment.access == .readWrite else { throw .readOnly }
            publisher = try LatestPublisher(
                unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier),
                valueSize: Latest.valueSize
            )
            self.segment = consume segment
        }

        package init(in memory: SharedBytes) throws(ExchangeError) {
            publisher = try LatestPublisher(memory, valueSize: Latest.valueSize)
            segment = nil
        }

        /// Makes a value the newest.
        ///
        /// No system call is made unless a reader waits. Throws `inherited` in a child of the process that opened the
        /// writer, by fork(2), and nothing else.
        @inlinable
        public mutating func publish(_ value: Value) throws(ExchangeError) {
            try unsafe withUnsafeBytes(of: value) { bytes throws(ExchangeError) in
                unsafe try publisher.publish(bytes)
            }
        }
    }

    /// Reads values; reading alone is enough, with a segment attached for it.
    public struct Reader: ~Copyable, Sendable {
        @usableFromInline var observer: LatestObserver
        private let segment: AttachedSegment?

        /// A reader of a segment in which values are or will be published.
        ///
        /// Throws `otherContents`, `otherValueSize`, `segmentTooSmall`.
        public init(_ segment: consuming AttachedSegment) throws(ExchangeError) {
            observer = try LatestObserver(
                unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier),
                valueSize: Latest.valueSize,
                canAnnounce: segment.access == .readWrite
            )
            self.segment = consume segment
        }

        package init(in memory: SharedBytes, readOnly: Bool = false) throws(ExchangeError) {
            observer = try LatestObserver(
                memory,
                valueSize: Latest.valueSize,
                canAnnounce: !readOnly
            )
            segment = nil
        }

        /// The newest value; nil while none has been published.
        ///
        /// Throws `otherContents` and `otherValueSize` if somebody has begun to use the segment otherwise, and
        /// `overrun` if the writer leaves no time to copy a value.
        @inlinable
        public mutating func value() throws(ExchangeError) -> Value? {
            guard try observer.isReadable() else { return nil }
            return try unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) {
                value throws(ExchangeError) in
                // Without what lies between two values in an array.
                let bytes = unsafe UnsafeMutableRawBufferPointer(
                    start: value.baseAddress,
                    count: MemoryLayout<Value>.size
                )
                return unsafe try observer.read(into: bytes) ? unsafe value[0] : nil
            }
        }

        /// Waits for a value that is newer than the last one that this reader gave; nil once the time limit has passed.
        ///
        /// There is no limit if none is given, and then a writer that has ended is waited for until the next one
        /// publishes. A reader that may only read cannot tell the writer that it waits, and looks every millisecond.
        /// Throws as `value` does, `segmentRemoved`, and `corrupted` if somebody takes back that one was published.
        @inlinable
        public mutating func next(timeLimit: Duration? = nil) throws(ExchangeError) -> Value? {
            guard try observer.awaitChange(timeLimit) else { return nil }
            guard let value = try value() else { throw .corrupted }
            return value
        }
    }
}
