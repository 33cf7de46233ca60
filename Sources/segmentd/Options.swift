import SegmentModel

/// The command line of segmentd.
///
/// Three options do not justify swift-argument-parser, which took a tenth of the time of each start.
struct Options: Equatable {
    var config: String?
    var socket: String?
    var state: String?

    /// The action that a command line requests.
    enum Request: Equatable {
        case serve(Options)
        /// Print a text to standard output.
        case show(String)
    }

    /// Parses the arguments after the program's name.
    ///
    /// A value follows its option or `=`. If an option is repeated, the last one counts.
    static func parse(_ arguments: some Sequence<String>) throws(UsageError) -> Request {
        var options = Options()
        var words = arguments.makeIterator()
        while let word = words.next() {
            if word == "--help" || word == "-h" { return .show(help) }
            if word == "--version" { return .show(Product.version) }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let option = String(parts[0])
            func value() throws(UsageError) -> String {
                let value = parts.count == 2 ? String(parts[1]) : words.next()
                guard let value, !value.isEmpty else { throw .missingValue(option) }
                guard value.utf8.count < longestPath else { throw .valueTooLong(option) }
                return value
            }
            switch option {
            case "--config": options.config = try value()
            case "--socket": options.socket = try value()
            case "--state": options.state = try value()
            default: throw word.hasPrefix("-") ? .unknownOption(word) : .unexpectedArgument(word)
            }
        }
        return .serve(options)
    }

    /// PATH_MAX, in bytes; path_resolution(7).
    private static let longestPath = 4096

    static let usage = "Usage: segmentd [--config <dir>] [--socket <path>] [--state <dir>]"

    private static let help = """
        Brokers named System V shared memory segments.

        Creates the segments that the configuration declares, tells programs their keys
        over a Unix socket, and cleans up by rule. It is usually started by systemd;
        see segmentctl for everything else.

        \(usage)

        Options:
          --config <dir>          Read the configuration from this directory only.
          --socket <path>         Listen on this Unix socket.
          --state <dir>           Keep the records in this directory.
          --version               Show the version.
          -h, --help              Show this help.
        """
}

/// A command line that segmentd cannot use.
enum UsageError: Error, Equatable {
    case unknownOption(String)
    case unexpectedArgument(String)
    case missingValue(String)
    case valueTooLong(String)

    /// EX_USAGE of sysexits(3); segmentd(8).
    static let exitStatus: Int32 = 64

    var message: String {
        switch self {
        case .unknownOption(let option): "unknown option '\(option)'"
        case .unexpectedArgument(let argument): "unexpected argument '\(argument)'"
        case .valueTooLong(let option): "the value of '\(option)' is longer than a path may be"
        case .missingValue(let option): "missing value for '\(option)'"
        }
    }
}
