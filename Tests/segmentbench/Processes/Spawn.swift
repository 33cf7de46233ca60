import Glibc

/// Starts a program with the files that `prepare` gives it; posix_spawn(3).
func spawn(
    _ arguments: [String],
    _ prepare: (UnsafeMutablePointer<posix_spawn_file_actions_t>) -> Void
) throws -> pid_t {
    let pointers = arguments.map { strdup($0) as UnsafeMutablePointer<CChar>? } + [nil]
    defer { pointers.forEach { free($0) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    prepare(&actions)
    var process: pid_t = 0
    let error = posix_spawn(&process, arguments[0], &actions, nil, pointers, environ)
    guard error == 0 else { throw BenchmarkError.call(arguments[0], errno: error) }
    return process
}
