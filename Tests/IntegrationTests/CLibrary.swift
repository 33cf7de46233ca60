import Glibc
import SegmentTestSupport
import Testing

/// The C library as installed by `make install-library`, and programs built with it where Swift is not
/// installed.
enum CLibrary {
    static let sources = String(#filePath.dropLast("/Tests/IntegrationTests/CLibrary.swift".count))
    private static let root = "\(sources)/.build/c-library"
    private static let pkgConfig = (try? Programs.run("find '\(root)' -name pkgconfig").output)?
        .split(separator: "\n").first.map(String.init)

    static let isInstalled = access(header, R_OK) == 0
    static let header = "\(root)/usr/include/segmentd.h"
    static let directory = "\(pkgConfig ?? "")/.."
    static let library = "\(directory)/libsegmentd.so"

    /// Returns a command prefix with which a program finds the C library as if installed, and nothing of
    /// Swift.
    static func environment(_ variables: String = "") -> String {
        "env -i PATH=/usr/bin:/bin PKG_CONFIG_PATH='\(pkgConfig ?? "")' PKG_CONFIG_SYSROOT_DIR='\(root)'"
            + " LD_LIBRARY_PATH='\(directory)' \(variables) "
    }

    /// Builds a single-file program, given its path in the package, into the daemon's directory.
    static func build(_ source: String, _ options: String = "", in daemon: DaemonFixture) throws {
        let file = source.split(separator: "/").last ?? ""
        let name = file.prefix { $0 != "." }
        let compiler = file.hasSuffix(".cpp") ? "c++ -std=c++17" : "cc"
        let result = try Programs.run(
            environment() + "sh -c \"\(compiler) -Wall -Wextra -pedantic -Werror \(options) "
                + "-o '\(daemon.directory)/\(name)' '\(sources)/\(source)' \\$(pkg-config --cflags --libs segmentd)\""
        )
        try #require(result == (0, ""))
    }

    static func buildExamples(_ names: String..., options: String = "", in daemon: DaemonFixture) throws {
        for name in names { try build("Sources/Examples/CLibrary/\(name)", options, in: daemon) }
    }
}

extension DaemonFixture {
    /// Returns a command line that runs a program built for this daemon.
    func command(_ program: String, through runner: String = "") -> String {
        CLibrary.environment("SEGMENTD_SOCKET='\(socket)'") + "\(runner) '\(directory)'/\(program)"
    }

    func run(_ program: String, through runner: String = "") throws -> (status: Int32, output: String) {
        try Programs.run(command(program, through: runner))
    }
}
