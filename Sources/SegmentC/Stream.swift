import Segments
import SegmentExchange
import SystemPackage
import Synchronization

/// One side of a stream that C owns, used by one thread at a time; nil once it is finished.
final class Stream<Side: ~Copyable & Sendable>: Sendable {
    private let side: Mutex<Side?>

    init(_ side: consuming sending Side) {
        self.side = Mutex(consume side)
    }

    /// Lends the side, or throws what it fails with, `busy` or `finished`.
    func lend<Result>(
        _ body: (inout Side) throws(ExchangeError) -> Result
    ) throws(Failure) -> Result {
        try withSide { side throws(Failure) in
            guard var own = side.take() else { throw .finished }
            do throws(ExchangeError) {
                let result = try body(&own)
                side = consume own
                return result
            } catch {
                side = consume own
                throw Failure(error)
            }
        }
    }

    /// Gives the side away, or throws as `lend` does.
    func take(_ body: (consuming Side) throws(ExchangeError) -> Void) throws(Failure) {
        try withSide { side throws(Failure) in
            guard let own = side.take() else { throw .finished }
            do throws(ExchangeError) { try body(own) } catch { throw Failure(error) }
        }
    }

    private func withSide<Result>(
        _ body: (inout Side?) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let result = try side.withLockIfAvailable { side throws(Failure) in try body(&side) }
        guard let result else { throw .busy }
        return result
    }
}

/// Opens a side of a stream in a segment, and hands it out through `ret`.
func open<Side: ~Copyable & Sendable>(
    _ client: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?,
    _ side: (consuming AttachedSegment, Duration?) throws(ExchangeError) -> Side
) -> CInt {
    status { () throws(Failure) in
        try unsafe Opaque<Stream<Side>>.hand(out: ret) { () throws(Failure) in
            let limit = try timeLimit(time_limit_ms, atLeast: 0)
            let segment = try unsafe attach(client, name, .readWrite)
            do throws(ExchangeError) { return Stream(try side(segment, limit)) } catch {
                throw Failure(error)
            }
        }
    }
}

/// Copies between a side of a stream and a file whose descriptor C passes.
func copy<Side: ~Copyable & Sendable>(
    _ side: OpaquePointer?,
    _ name: String,
    _ descriptor: CInt,
    _ body: (inout Side, FileDescriptor) throws(ExchangeError) -> Int64
) -> Int64 {
    counting { () throws(Failure) in
        guard descriptor >= 0 else { throw .invalid("file_descriptor is \(descriptor)") }
        let file = FileDescriptor(rawValue: descriptor)
        return try unsafe Opaque<Stream<Side>>.object(side, name).lend { side throws(ExchangeError) in
            try body(&side, file)
        }
    }
}
