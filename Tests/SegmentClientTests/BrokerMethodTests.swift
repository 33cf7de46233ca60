import SegmentInterface
import Testing

@Suite struct BrokerMethodTests {
    static let repeated: [BrokerMethod: Bool] = [
        .acquire: true, .describe: true, .list: true, .subscribe: true, .getStatus: true, .ping: true,
        .release: false, .remove: false, .renew: false, .reload: false, .reloadService: false,
        .setLogLevel: false,
    ]

    @Test(arguments: BrokerMethod.allCases)
    func `only what changes nothing, or goes with the connection, is called again`(method: BrokerMethod) {
        #expect(Self.repeated[method] == method.canBeRepeated)
    }
}
