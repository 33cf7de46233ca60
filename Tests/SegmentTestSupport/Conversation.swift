import Glibc

/// Pipes to a process's standard input and from its standard output, for questions and answers of one line
/// each.
package final class Conversation {
    private(set) var theirInput: Int32
    private(set) var theirOutput: Int32
    private var questions: Int32
    private let answers: UnsafeMutablePointer<FILE>

    /// Fails if no pipes are available; pipe(2).
    package init?() {
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard pipe(&input) == 0, pipe(&output) == 0, let answers = fdopen(output[0], "r") else { return nil }
        for descriptor in input + output { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        (theirInput, questions, theirOutput) = (input[0], input[1], output[1])
        self.answers = answers
    }

    deinit {
        end()
        fclose(answers)
    }

    /// Closes the process's ends, which it has inherited.
    func begin() {
        close(theirInput)
        close(theirOutput)
    }

    /// Closes the process's input.
    package func end() {
        guard questions >= 0 else { return }
        close(questions)
        questions = -1
    }

    package func ask(_ line: String) {
        let bytes = Array("\(line)\n".utf8)
        _ = write(questions, bytes, bytes.count)
    }

    /// Returns the answer to the first unanswered question; nil once the process has ended.
    package func answer() -> String? {
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        let count = getline(&line, &capacity, answers)
        guard count > 0, let line else { return nil }
        let bytes = UnsafeRawBufferPointer(start: line, count: count)
        return String(decoding: bytes.last == 10 ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }
}
