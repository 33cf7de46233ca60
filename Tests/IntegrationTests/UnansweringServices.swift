import Glibc
import SegmentTestSupport
import Testing

/// A name service that answers only while a file does not exist; preloaded before the C library's functions.
final class HeldNameService {
    private let directory: String
    private var file: String { "\(directory)/held" }

    /// The environment that makes a daemon use it.
    var environment: [String: String] {
        // In addition to the libraries of a sanitizer.
        let others = getenv("LD_PRELOAD").map { ":" + String(cString: $0) } ?? ""
        let options = getenv("ASAN_OPTIONS").map { String(cString: $0) + ":" } ?? ""
        return [
            "LD_PRELOAD": "\(directory)/names.so\(others)", "HELD_NAMES": file,
            "ASAN_OPTIONS": "\(options)verify_asan_link_order=0",
        ]
    }

    init() throws {
        directory = try DaemonFixture.makeDirectory()
        let build =
            "cc -shared -fPIC -Wall -Werror -o '\(directory)/names.so' -x c - <<'END'\n\(Self.source)\nEND"
        try #require(try Programs.run(build) == (0, ""))
    }

    deinit { system("rm -rf '\(directory)'") }

    func hold() throws { try DaemonFixture.write("", to: file) }

    func release() { unlink(file) }

    private static let source = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <grp.h>
        #include <stdlib.h>
        #include <unistd.h>
        static void wait_while_held(void) {
            const char *file = getenv("HELD_NAMES");
            while (file != NULL && access(file, F_OK) == 0) usleep(10000);
        }
        int getgrnam_r(const char *name, struct group *group, char *room, size_t size, struct group **found) {
            int (*next)(const char *, struct group *, char *, size_t, struct group **) = dlsym(RTLD_NEXT, "getgrnam_r");
            wait_while_held();
            return next(name, group, room, size, found);
        }
        struct group *getgrgid(gid_t number) {
            struct group *(*next)(gid_t) = dlsym(RTLD_NEXT, "getgrgid");
            wait_while_held();
            return next(number);
        }
        """
}

/// A FUSE file system, visible only to the daemon, whose server can be stopped.
final class HeldFileSystem {
    /// Whether it can be mounted, in a separate mount namespace.
    static let canBeMounted = Programs.works("command -v bindfs && unshare --mount true && test -c /dev/fuse")

    private let directory: String
    /// The path where the daemon sees it.
    let path: String
    /// The directory with its files.
    let source: String

    init() throws {
        directory = try DaemonFixture.makeDirectory()
        (path, source) = ("\(directory)/fuse", "\(directory)/source")
        mkdir(path, 0o755)
        mkdir(source, 0o700)
    }

    deinit {
        end()
        system("rm -rf '\(directory)'")
    }

    /// Returns a command prefix that starts a daemon in a namespace where it is mounted, with further
    /// arguments.
    func prefix(_ arguments: String = "") -> [String] {
        let script = """
            bindfs -f -o attr_timeout=0,entry_timeout=0,negative_timeout=0 '\(source)' '\(path)' >/dev/null 2>&1 &
            server=$!
            echo $server > '\(directory)/server'
            until mountpoint -q '\(path)'; do sleep 0.02; done
            if [ -e '\(directory)/held' ]; then kill -STOP $server; fi
            exec "$@" \(arguments)
            """
        return ["unshare", "--mount", "sh", "-c", script, "sh"]
    }

    /// Makes it hang, now and after the daemon's next start.
    func hold() throws {
        try DaemonFixture.write("", to: "\(directory)/held")
        // A process cannot end while the server holds its request, so wait until none is under way.
        usleep(300_000)
        signal(SIGSTOP)
        usleep(50_000)
    }

    func release() {
        unlink("\(directory)/held")
        signal(SIGCONT)
    }

    /// Ends the server once its daemon has ended.
    func end() {
        signal(SIGKILL)
        unlink("\(directory)/server")
    }

    private func signal(_ signal: Int32) {
        let text = (try? Programs.run("cat '\(directory)/server' 2>/dev/null").output) ?? ""
        if let server = pid_t(text.split(separator: "\n").first ?? "") { kill(server, signal) }
    }
}
