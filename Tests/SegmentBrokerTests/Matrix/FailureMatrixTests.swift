import Glibc
import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

@testable import SegmentBroker

/// Every call of every plan fails once with each errno that its manual page lists.
@Suite struct FailureMatrixTests {
    /// Only failures: EINVAL and EIDRM of IPC_STAT, and ENOENT of a search, are answers.
    private static let failures: [OutsideCall.Word: [Errno]] = [
        // ftok(3), stat(2)
        .ftok: [
            .permissionDenied, .tooManySymbolicLinkLevels, .fileNameTooLong, .noSuchFileOrDirectory,
            .noMemory, .notDirectory, .overflow,
        ],
        // shmget(2)
        .find: [.permissionDenied, .tooManyOpenFilesInSystem, .noMemory, .notPermitted],
        .create: [
            .permissionDenied, .fileExists, .invalidArgument, .tooManyOpenFilesInSystem,
            .noSuchFileOrDirectory, .noMemory, .noSpace, .notPermitted,
        ],
        // shmat(2)
        .attach: [.permissionDenied, .identifierRemoved, .invalidArgument, .noMemory],
        // shmctl(2)
        .status: [.permissionDenied, .overflow],
        .statusOfAny: [.permissionDenied, .overflow],
        .setOwner: [.identifierRemoved, .invalidArgument, .notPermitted],
        .remove: [.identifierRemoved, .invalidArgument, .notPermitted],
        .limits: [.invalidArgument, .badAddress],
        // madvise(2)
        .excludeFromCoreDumps: [
            .permissionDenied, .resourceTemporarilyUnavailable, .badFileDescriptor, .invalidArgument,
            .ioError, .noMemory, .notPermitted,
        ],
        // open(2), write(2), rename(2), unlink(2)
        .writeRecord: [.noSpace, .readOnlyFileSystem, .ioError, .permissionDenied],
        .removeRecord: [.readOnlyFileSystem, .ioError, .permissionDenied],
        .loadRecords: [.ioError, .permissionDenied, .tooManyOpenFiles],
    ]

    /// An errno that no manual page lists.
    private static let unheardOf = Errno(rawValue: EHWPOISON)

    @Test(arguments: Plan.all)
    func `the next check recovers from one failure`(plan: Plan) throws {
        var index = 0, tries = 0
        while let failures = try failures(plan, index) {
            for errno in failures {
                let scene = try Scene(plan)
                scene.fixture.injector.fault = (index, errno)
                let comment: Comment = "\(plan.testDescription), call \(index) fails: \(errno)"
                var refusal: (any Error)?
                do { try plan.run(scene) } catch { refusal = error }
                try scene.expectNothingLost(afterFailed: scene.fixture.injector.calls[index].word, comment)
                if refusal is RecordsError { try scene.kill() }
                scene.fixture.injector.restart()
                if refusal != nil { try scene.fixture.start(plan.after) }
                try scene.makeGood()
                try scene.expectAgreement(comment)
                try scene.expectNothingLeft(comment)
                tries += 1
            }
            index += 1
        }
        #expect(index > 3)
        Resilience.record(
            "each call of a plan fails with each errno of its manual page",
            tries: tries,
            test: "FailureMatrixTests"
        )
    }

    @Test func `a failed removal succeeds when requested again`() throws {
        let plan = try #require(Plan.all.first { $0.testDescription == "remove" })
        var index = 0
        while let failures = try failures(plan, index) {
            for errno in failures {
                let scene = try Scene(plan)
                scene.fixture.injector.fault = (index, errno)
                try plan.run(scene)
                scene.fixture.injector.restart()
                scene.fixture.check()
                for name in Plan.usual.map(\.name.string) {
                    try scene.fixture.broker.remove(name, when: .immediately, viewer: Plan.administrator)
                }
                #expect(scene.ours.isEmpty, "call \(index) fails: \(errno)")
            }
            index += 1
        }
    }

    /// Returns the errnos with which the call of this index may fail; nil after the last call.
    private func failures(_ plan: Plan, _ index: Int) throws -> [Errno]? {
        let scene = try Scene(plan)
        try plan.run(scene)
        guard index < scene.fixture.injector.calls.count else { return nil }
        let failures = Self.failures[scene.fixture.injector.calls[index].word]
        return failures.map { $0 + [Self.unheardOf] } ?? []
    }
}

extension Scene {
    /// Expects right after a failure that each segment of the broker is recorded and known, under one name.
    ///
    /// Exceptions are segments whose status the kernel does not report, and those that cannot be recorded.
    fileprivate func expectNothingLost(afterFailed call: OutsideCall.Word, _ comment: Comment) throws {
        guard ![.loadRecords, .writeRecord, .removeRecord].contains(call) else { return }
        let known = fixture.broker.segments.values.compactMap { $0.live?.identity.identifier }
        let recorded = Set(fixture.disk.records.values.compactMap(\.identifier))
        let ours = Set(ours.keys)
        #expect(Set(known).count == known.count, comment)
        #expect(ours.isSubset(of: recorded), comment)
        if ![.status, .statusOfAny].contains(call) { #expect(Set(known) == ours, comment) }
    }

    /// Lets the next check or request create what a plan has not.
    fileprivate func makeGood() throws {
        fixture.check()
        if fixture.broker.ending != nil {
            try kill()
            try fixture.start(plan.after)
        }
        for definition in plan.after where try fixture.describe(definition.name.string).state == .absent {
            _ = try acquire(definition.name.string)
        }
    }
}
