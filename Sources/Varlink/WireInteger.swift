/// An integer that goes over the wire: there it has 64 bits and a sign, whatever it has here.
package protocol WireInteger {
    /// Nil if it does not fit.
    init?(wire: Int64)

    /// The nearest that fits.
    var wire: Int64 { get }
}

extension WireInteger where Self: FixedWidthInteger {
    package init?(wire: Int64) { self.init(exactly: wire) }
    package var wire: Int64 { Int64(clamping: self) }
}

extension Int: WireInteger {}
extension Int32: WireInteger {}
extension Int64: WireInteger {}
extension UInt8: WireInteger {}
extension UInt32: WireInteger {}
extension UInt64: WireInteger {}
