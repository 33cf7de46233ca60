import Glibc
import POSIX

/// Formats a time for people; CLOCK_REALTIME, in µs.
struct Timestamp {
    private let microseconds: Int64

    init(_ microseconds: Int64) {
        self.microseconds = microseconds
    }

    static var now: Int64 { KernelClock.realtime.microseconds }

    /// In the user's time zone: `Tue 2026-11-24 14:30:12 UTC`.
    var text: String { formatted("%a %Y-%m-%d %H:%M:%S %Z") }

    /// `14:30:12`.
    var timeOfDay: String { formatted("%H:%M:%S") }

    /// Returns the text with the time elapsed until `now`.
    func ago(_ now: Int64) -> String {
        // A time from another process may be anything.
        let (distance, isTooFar) = now.subtractingReportingOverflow(microseconds)
        let seconds =
            isTooFar ? (microseconds < now ? Int64.max / 1_000_000 : 0) : max(0, distance / 1_000_000)
        let ago =
            switch seconds {
            case ..<60: "\(seconds) s"
            case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
            case ..<86400: "\(seconds / 3600) h \(seconds / 60 % 60) min"
            default: "\(seconds / 86400) d \(seconds / 3600 % 24) h"
            }
        return "\(text); \(ago) ago"
    }

    private func formatted(_ format: String) -> String {
        var time = time_t(microseconds / 1_000_000)
        var parts = unsafe tm()
        guard unsafe localtime_r(&time, &parts) != nil else { return String(microseconds) }
        var text = [CChar](repeating: 0, count: 64)
        let count = unsafe strftime(&text, 64, format, &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
