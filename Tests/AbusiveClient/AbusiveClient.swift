import Glibc

/// An unprivileged client that misbehaves in one of several ways, until it is killed.
///
///     abusive-client SOCKET WAY
///
/// It prints `ready` on standard output once the misbehavior is under way. Ways that end by themselves
/// report the result as exit status.
@main
enum AbusiveClient {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let way = ways[arguments[2]] else { exit(2) }
        // End even if the test is gone.
        alarm(60)
        signal(SIGPIPE, SIG_IGN)
        raiseDescriptorLimit()
        way(arguments[1])
    }

    static let ways: [String: @Sendable (String) -> Never] = [
        "slow-senders": Senders.sendSlowly, "half-closed": Senders.closeHalf,
        "partial-messages": Senders.holdPartialMessages, "gibibyte": Senders.sendGibibyte,
        "long-messages": Senders.sendLongMessages, "deep-nesting": Senders.nestDeeply,
        "deaf-subscribers": Readers.subscribe, "deaf-callers": Readers.call, "deaf-viewers": Readers.describe,
        "deaf-listers": Readers.list,
        "unhearing-callers": Readers.callUnhearing,
        "byte-flood": Floods.sendBytes, "pipelining": Floods.pipeline,
        "many-callers": Floods.callFromEverywhere,
        "connector": { Crowds.pass($0) }, "connectors": { Crowds.pass($0, threads: 3) },
        "visitors": { Crowds.pass($0, threads: 3, calling: true) },
        "crowd": Crowds.connect, "stay": Crowds.stay, "fork": Crowds.fork, "leases": Crowds.cycleLeases,
        "told-leases": Crowds.cycleLeasesBesideSubscriptions,
    ]

    static func reportReady() { write(STDOUT_FILENO, "ready\n", 6) }

    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
