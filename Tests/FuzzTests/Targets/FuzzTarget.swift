/// What takes in bytes that somebody else has written, each with the promises that hold for any bytes.
///
/// A broken promise traps, so that a fuzzer as well as a test notices.
enum FuzzTarget: String, CaseIterable, Sendable {
    /// Framing, JSON and calls.
    case messages
    /// The parameters of each method.
    case parameters
    /// From the bytes of a connection to the replies of the service, on the fake kernel.
    case service
    /// `segmentd.toml`.
    case daemonFile = "segmentd-toml"
    /// A file of `segments.d`.
    case segmentFile = "segment-toml"
    /// A record of the state directory.
    case record

    func run(_ bytes: [UInt8]) {
        switch self {
        case .messages: MessagesTarget.run(bytes)
        case .parameters: ParametersTarget.run(bytes)
        case .service: ServiceTarget.run(bytes)
        case .daemonFile: ConfigurationTarget.runDaemonFile(bytes)
        case .segmentFile: ConfigurationTarget.runSegmentFile(bytes)
        case .record: RecordTarget.run(bytes)
        }
    }
}
