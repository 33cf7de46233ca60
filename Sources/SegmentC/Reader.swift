import CSegmentd
import Segments
import SegmentExchange
import SystemPackage

private typealias Reader = Opaque<Stream<SegmentStreamReader>>

/// Opens the reading side of a stream and waits for a writer.
@c @implementation
public func segmentd_reader_open(
    _ client: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    unsafe open(client, name, time_limit_ms, ret) { segment, limit throws(ExchangeError) in
        try SegmentStreamReader.open(segment, timeout: limit)
    }
}

/// Reads the bytes that are there.
@c @implementation
public func segmentd_read(_ reader: OpaquePointer?, _ bytes: UnsafeMutableRawPointer?, _ count: Int) -> Int64
{
    counting { () throws(Failure) in
        let reader = try unsafe Reader.object(reader, "reader")
        guard let bytes = unsafe bytes else { throw .invalid("bytes is NULL") }
        guard count > 0 else { throw .invalid("count is 0 or above SSIZE_MAX") }
        return try reader.lend { reader throws(ExchangeError) in
            var span = unsafe UnsafeMutableRawBufferPointer(start: bytes, count: count).mutableBytes
            return Int64(try reader.read(into: &span))
        }
    }
}

/// Copies the whole stream to a file.
@c @implementation
public func segmentd_receive(_ reader: OpaquePointer?, _ file_descriptor: CInt) -> Int64 {
    unsafe copy(reader, "reader", file_descriptor) {
        (reader: inout SegmentStreamReader, file) throws(ExchangeError) in
        try withoutPipeSignal { () throws(ExchangeError) in Int64(try reader.copy(to: file)) }
    }
}

/// Copies once from the stream to a file.
@c @implementation
public func segmentd_receive_some(_ reader: OpaquePointer?, _ file_descriptor: CInt) -> Int64 {
    unsafe copy(reader, "reader", file_descriptor) {
        (reader: inout SegmentStreamReader, file) throws(ExchangeError) in
        try withoutPipeSignal { () throws(ExchangeError) in Int64(try reader.copyAvailable(to: file)) }
    }
}

/// Releases the reading side.
@c @implementation
public func segmentd_reader_close(_ reader: OpaquePointer?) { unsafe Reader.end(reader) }
