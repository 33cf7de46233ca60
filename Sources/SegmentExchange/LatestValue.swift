public import Segments

/// The newest value of something, in a segment: one process publishes, many subscribe.
///
/// ```swift
/// struct Reading: BitwiseCopyable { var temperature, pressure: Double }
///
/// var publisher = try LatestValue<Reading>.Publisher(try client.attach("weather"))
/// try publisher.publish(Reading(temperature: 21.5, pressure: 1013))
///
/// var subscriber = try LatestValue<Reading>.Subscriber(try client.attach("weather", access: .readOnly))
/// if let reading = try subscriber.value() { print(reading.temperature) }
/// ```
///
/// Every subscriber gets whole values, and the newest there is; the publisher waits for nobody. Values are copied bit by
/// bit between programs: use types for which every bit pattern is a value, such as integers, floats and structs of them
/// without references, and declare them alike on all sides.
public enum LatestValue<Value: BitwiseCopyable> {
    /// The size in bytes; a type without any counts as one, since 0 marks memory that nobody has used yet.
    private static var valueSize: Int { max(1, MemoryLayout<Value>.size) }

    /// Publishes values.
    ///
    /// If its process ends or runs another program, at whatever instruction, subscribers keep the newest whole value, and
    /// the next publisher continues from there. A thread, which sleeps, makes that known.
    public struct Publisher: ~Copyable, Sendable {
        @usableFromInline let publisher: LatestPublisher
        private let segment: AttachedSegment?

        /// Takes the publishing side of a segment.
        ///
        /// - Parameter segment: A segment that is attached for reading and writing, and used for nothing else. Its size is
        ///   at least 4 KiB and four times the size of a value, rounded up to 128 bytes.
        /// - Throws: `sideInUse` where another process publishes, `peerNotVisible`, `unrecognizedLayout`,
        ///   `valueSizeMismatch`, `segmentTooSmall`, `readOnly`, `corrupted` where another process keeps overwriting the
        ///   claim, or `systemCall`.
        public init(_ segment: consuming AttachedSegment) throws(ExchangeError) {
            guard segment.access == .readWrite else { throw .readOnly }
            publisher = try LatestPublisher(
                unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier),
                valueSize: LatestValue.valueSize
            )
            self.segment = consume segment
        }

        package init(in memory: SharedBytes) throws(ExchangeError) {
            publisher = try LatestPublisher(memory, valueSize: LatestValue.valueSize)
            segment = nil
        }

        /// Makes a value the newest.
        ///
        /// Makes no system call unless a subscriber waits.
        ///
        /// - Throws: `inherited` in a process that a fork(2) of the opening process made, and nothing else.
        @inlinable
        public mutating func publish(_ value: Value) throws(ExchangeError) {
            try unsafe withUnsafeBytes(of: value) { bytes throws(ExchangeError) in
                unsafe try publisher.publish(bytes)
            }
        }
    }

    /// Reads values; a segment that is attached read-only is enough.
    public struct Subscriber: ~Copyable, Sendable {
        @usableFromInline var subscriber: LatestSubscriber
        private let segment: AttachedSegment?

        /// Subscribes to the values of a segment, whether or not one has been published yet.
        ///
        /// - Throws: `unrecognizedLayout`, `valueSizeMismatch` or `segmentTooSmall`.
        public init(_ segment: consuming AttachedSegment) throws(ExchangeError) {
            subscriber = try LatestSubscriber(
                unsafe SharedBytes(segment.unsafeBytes, of: segment.identifier),
                valueSize: LatestValue.valueSize,
                canAnnounce: segment.access == .readWrite
            )
            self.segment = consume segment
        }

        package init(in memory: SharedBytes, readOnly: Bool = false) throws(ExchangeError) {
            subscriber = try LatestSubscriber(
                memory,
                valueSize: LatestValue.valueSize,
                canAnnounce: !readOnly
            )
            segment = nil
        }

        /// Returns the newest value; nil until one has been published.
        ///
        /// - Throws: `unrecognizedLayout` or `valueSizeMismatch` if the segment came to be used for something else, and
        ///   `overrun` if the publisher leaves no time to copy a value.
        @inlinable
        public mutating func value() throws(ExchangeError) -> Value? {
            guard try subscriber.isReadable() else { return nil }
            return try unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) {
                value throws(ExchangeError) in
                // Without the padding between two values in an array.
                let bytes = unsafe UnsafeMutableRawBufferPointer(
                    start: value.baseAddress,
                    count: MemoryLayout<Value>.size
                )
                return unsafe try subscriber.read(into: bytes) ? unsafe value[0] : nil
            }
        }

        /// Waits for a value that is newer than the last one that this subscriber returned.
        ///
        /// ```swift
        /// while true {
        ///     let reading = try subscriber.next(timeout: .seconds(10))
        ///     print(reading.temperature)
        /// }
        /// ```
        ///
        /// If the publisher has ended, this waits until the next one publishes. A segment that is attached read-only
        /// cannot tell the publisher that somebody waits, so it is checked every millisecond.
        ///
        /// - Parameter timeout: The longest time to wait; by default without limit.
        /// - Returns: The newest value, which may not be the next one that was published.
        /// - Throws: `timedOut`, `segmentRemoved`, `corrupted` if a published value was taken back, and what ``value()``
        ///   throws.
        @inlinable
        public mutating func next(timeout: Duration? = nil) throws(ExchangeError) -> Value {
            guard try subscriber.awaitChange(timeout) else { throw .timedOut }
            guard let value = try value() else { throw .corrupted }
            return value
        }
    }
}
