import CSegmentd
import Segments
import SegmentExchange
import SystemPackage

private typealias Writer = Opaque<Stream<SegmentStreamWriter>>

/// Opens the writing side of a stream and waits for a reader.
@c @implementation
public func segmentd_writer_open(
    _ client: OpaquePointer?,
    _ name: UnsafePointer<CChar>?,
    _ time_limit_ms: CInt,
    _ ret: UnsafeMutablePointer<OpaquePointer?>?
) -> CInt {
    unsafe open(client, name, time_limit_ms, ret) { segment, limit throws(ExchangeError) in
        try SegmentStreamWriter.open(segment, timeout: limit)
    }
}

/// Writes all bytes.
@c @implementation
public func segmentd_write(_ writer: OpaquePointer?, _ bytes: UnsafeRawPointer?, _ count: Int) -> CInt {
    status { () throws(Failure) in
        let writer = try unsafe Writer.object(writer, "writer")
        guard count >= 0 else { throw .invalid("count is above SSIZE_MAX") }
        guard unsafe bytes != nil || count == 0 else { throw .invalid("bytes is NULL") }
        try writer.lend { writer throws(ExchangeError) in
            try unsafe writer.write(UnsafeRawBufferPointer(start: bytes, count: count).bytes)
        }
    }
}

/// Copies a whole file into the stream.
@c @implementation
public func segmentd_send(_ writer: OpaquePointer?, _ file_descriptor: CInt) -> Int64 {
    unsafe copy(writer, "writer", file_descriptor) {
        (writer: inout SegmentStreamWriter, file) throws(ExchangeError) in
        Int64(try writer.copy(from: file))
    }
}

/// Copies once from a file into the stream.
@c @implementation
public func segmentd_send_some(_ writer: OpaquePointer?, _ file_descriptor: CInt) -> Int64 {
    unsafe copy(writer, "writer", file_descriptor) {
        (writer: inout SegmentStreamWriter, file) throws(ExchangeError) in
        Int64(try writer.copyAvailable(from: file))
    }
}

/// Marks the stream as complete, and waits until the reader has read it.
@c @implementation
public func segmentd_finish(_ writer: OpaquePointer?) -> CInt {
    status { () throws(Failure) in
        try unsafe Writer.object(writer, "writer").take { writer throws(ExchangeError) in
            try writer.finish()
        }
    }
}

/// Releases the writing side.
@c @implementation
public func segmentd_writer_close(_ writer: OpaquePointer?) { unsafe Writer.end(writer) }
