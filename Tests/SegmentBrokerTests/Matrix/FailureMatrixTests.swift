import SegmentModel
import SegmentRecords
import SegmentTestSupport
import SystemPackage
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

    @Test(arguments: Plan.all)
    func `one failure is made good by the next check`(plan: Plan) throws {
        var index = 0, tries = 0
        while let failures = try failures(plan, index) {
            for errno in failures {
                let scene = try Scene(plan)
                scene.mortal.lifeline.fault = (index, errno)
                let comment: Comment = "\(plan.testDescription), call \(index) fails: \(errno)"
                var refusal: (any Error)?
                do { try plan.run(scene) } catch { refusal = error }
                if refusal is RecordsError { try scene.kill() }
                scene.mortal.lifeline.restart()
                if refusal != nil { try scene.mortal.start(plan.after) }
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

    /// The call of this index may fail so; nil after the last.
    private func failures(_ plan: Plan, _ index: Int) throws -> [Errno]? {
        let scene = try Scene(plan)
        try plan.run(scene)
        guard index < scene.mortal.lifeline.calls.count else { return nil }
        return Self.failures[scene.mortal.lifeline.calls[index].word] ?? []
    }
}

extension Scene {
    /// What a plan has not made, the next check or request makes.
    fileprivate func makeGood() throws {
        mortal.check()
        mortal.check()
        if mortal.broker.ending != nil {
            try kill()
            try mortal.start(plan.after)
        }
        for definition in plan.after where try mortal.describe(definition.name.string).state == .absent {
            _ = try acquire(definition.name.string)
        }
    }
}
