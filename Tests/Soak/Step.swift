import Glibc

/// Something that may happen; where it cannot happen now, nothing does.
struct Step: Sendable {
    /// How often, compared with others.
    let weight: Int
    var endsDaemon = false
    let take: @Sendable (Soak) throws -> Void

    static let all = [
        Step(weight: 10) { try $0.startClient() },
        Step(weight: 30) { try $0.attachSomething() },
        Step(weight: 30) { try $0.writeSomething() },
        Step(weight: 30) { try $0.readSomething() },
        Step(weight: 15) { try $0.releaseSomething() },
        Step(weight: 3) { try $0.endSomeClient(byKill: false) },
        Step(weight: 5) { try $0.endSomeClient(byKill: true) },
        Step(weight: 10) { try $0.declareAnother() },
        Step(weight: 6) { try $0.changeDeclaration() },
        Step(weight: 5) { try $0.dropDeclaration() },
        Step(weight: 2) { try $0.reloadBadFile() },
        Step(weight: 4) { try $0.removeUnused() },
        Step(weight: 4) { try $0.removeIdle() },
        Step(weight: 3) { try $0.removeNow(restarting: false) },
        Step(weight: 3) { try $0.removeBehindItsBack(restarting: false) },
        Step(weight: 3) { try $0.removeUnattachedBehindItsBack() },
        Step(weight: 3) { try $0.changeBehindItsBack() },
        Step(weight: 4, endsDaemon: true) { try $0.restart(SIGKILL) },
        Step(weight: 3, endsDaemon: true) { try $0.restart(SIGUSR2) },
        Step(weight: 2, endsDaemon: true) { try $0.stopAndStart() },
        Step(weight: 3, endsDaemon: true) { try $0.killBoth() },
        Step(weight: 1, endsDaemon: true) { try $0.removeNow(restarting: true) },
        Step(weight: 1, endsDaemon: true) { try $0.removeBehindItsBack(restarting: true) },
    ]
}
