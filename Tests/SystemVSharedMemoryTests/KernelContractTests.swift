import Glibc
import SegmentTestSupport
import SystemPackage
import SystemVSharedMemory
import Testing

/// The contract of every kernel, which holds the fake to the real one.
enum KernelUnderTest: CaseIterable, CustomTestStringConvertible {
    case linux, fake

    var testDescription: String { self == .linux ? "Linux" : "the fake" }

    /// Provides a file to make keys from.
    func with(_ body: (any SharedMemoryKernel, FilePath) throws -> Void) throws {
        switch self {
        case .linux:
            try IPCNamespace.requireOwn()
            let path = FilePath("/tmp/segmentd-contract-\(getpid())")
            try FileDescriptor.open(path, .writeOnly, options: .create, permissions: .ownerReadWrite).close()
            defer { unlink(path.string) }
            let kernel = LinuxKernel()
            defer {
                for identifier in (try? kernel.allSegments())?.keys.map(\.self) ?? [] {
                    try? kernel.remove(identifier)
                }
            }
            try body(kernel, path)
        case .fake:
            let kernel = FakeKernel(userID: geteuid(), groupID: getegid())
            kernel.files["/file"] = 77
            kernel.goneProcesses = [.max]
            try body(kernel, "/file")
        }
    }
}

@Suite(.serialized) struct KernelContractTests {
    private let secret = FilePermissions(rawValue: 0o600)
    private let key = SegmentKey(rawValue: 0x5365_6700)

    @Test(arguments: KernelUnderTest.allCases)
    func `a key comes from a file and a project`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, file in
            let key = try kernel.key(ofFile: file, project: 65)
            #expect(key.projectID == 65)
            #expect(try kernel.key(ofFile: file, project: 65) == key)
            #expect(try kernel.key(ofFile: file, project: 66) == key.replacingProjectID(with: 66))
            // Negative, as the kernel counts.
            #expect(try kernel.key(ofFile: file, project: 200) == key.replacingProjectID(with: 200))
            #expect(throws: Errno.noSuchFileOrDirectory) {
                try kernel.key(ofFile: "/no/such/file", project: 65)
            }
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `a live process is not gone`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            #expect(!kernel.isGone(process: getpid()))
            #expect(!kernel.isGone(process: 1))
            #expect(kernel.isGone(process: .max))
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `the last process to attach or detach is shown`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 1, flags: .exclusiveCreation, mode: secret)
            #expect(try kernel.status(identifier).lastProcessID == 0)
            let address = try kernel.attach(identifier, readOnly: true)
            let process = try kernel.status(identifier).creatorProcessID
            #expect(try kernel.status(identifier).lastProcessID == process)
            try kernel.detach(address)
            #expect(try kernel.status(identifier).lastProcessID == process)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `a new segment is as requested`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 5000, flags: [.create, .exclusive], mode: secret)
            let status = try kernel.status(identifier)
            #expect(status.key == key)
            #expect(status.size == 5000)
            #expect(status.mode == secret)
            #expect(status.attachmentCount == 0)
            #expect(status.creatorUserID == geteuid())
            #expect(status.ownerUserID == geteuid())
            #expect(status.ownerGroupID == getegid())
            #expect(!status.isMarkedForRemoval)
            #expect(try kernel.statusOfAny(identifier) == status)
            #expect(try kernel.allSegments()[identifier] == status)
            #expect(try kernel.limits().segmentsInUse == 1)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `get finds or refuses with the right errno`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            #expect(throws: Errno.noSuchFileOrDirectory) { try kernel.get(key, size: 0, flags: [], mode: []) }
            #expect(throws: Errno.invalidArgument) {
                try kernel.get(key, size: 0, flags: .create, mode: secret)
            }
            let identifier = try kernel.get(key, size: 4096, flags: .create, mode: secret)
            #expect(try kernel.get(key, size: 0, flags: [], mode: []) == identifier)
            #expect(try kernel.get(key, size: 4096, flags: .create, mode: secret) == identifier)
            #expect(throws: Errno.invalidArgument) {
                try kernel.get(key, size: 4097, flags: .create, mode: secret)
            }
            #expect(throws: Errno.fileExists) {
                try kernel.get(key, size: 4096, flags: [.create, .exclusive], mode: secret)
            }
            // The flag is checked before the size: a larger segment still means "exists".
            #expect(throws: Errno.fileExists) {
                try kernel.get(key, size: 1 << 20, flags: [.create, .exclusive], mode: secret)
            }
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `the unnamed key makes a new segment each time`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let first = try kernel.get(.private, size: 1, flags: [], mode: secret)
            let second = try kernel.get(.private, size: 1, flags: [], mode: secret)
            #expect(first != second)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `attachments are counted`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 4096, flags: .create, mode: secret)
            let first = try kernel.attach(identifier, readOnly: true)
            let second = try kernel.attach(identifier, readOnly: false)
            #expect(first != second)
            #expect(try kernel.status(identifier).attachmentCount == 2)
            try kernel.excludeFromCoreDumps(first, size: 4096)
            try kernel.detach(first)
            #expect(try kernel.status(identifier).attachmentCount == 1)
            #expect(throws: Errno.invalidArgument) { try kernel.detach(first) }
            try kernel.detach(second)
            #expect(try kernel.status(identifier).attachmentCount == 0)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `owner, group and mode are set, the creator stays`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 4096, flags: .create, mode: secret)
            let mode = FilePermissions(rawValue: 0o640)
            try kernel.setOwner(identifier, userID: geteuid(), groupID: getegid(), mode: mode)
            let status = try kernel.status(identifier)
            #expect(status.mode == mode)
            #expect(status.creatorUserID == geteuid())
            #expect(status.key == key)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `a removed segment without attachments is gone`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 4096, flags: .create, mode: secret)
            try kernel.remove(identifier)
            #expect(throws: Errno.invalidArgument) { try kernel.status(identifier) }
            #expect(throws: Errno.invalidArgument) { try kernel.statusOfAny(identifier) }
            #expect(throws: Errno.invalidArgument) { try kernel.remove(identifier) }
            #expect(throws: Errno.invalidArgument) { try kernel.attach(identifier, readOnly: true) }
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `a removed segment with attachments lives without its key until the last detach`(
        kernel: KernelUnderTest
    ) throws {
        try kernel.with { kernel, _ in
            let identifier = try kernel.get(key, size: 4096, flags: .create, mode: secret)
            let address = try kernel.attach(identifier, readOnly: true)
            try kernel.remove(identifier)
            let status = try kernel.status(identifier)
            #expect(status.isMarkedForRemoval)
            #expect(status.key == .private)
            #expect(throws: Errno.noSuchFileOrDirectory) { try kernel.get(key, size: 0, flags: [], mode: []) }
            let late = try kernel.attach(identifier, readOnly: true)
            let successor = try kernel.get(key, size: 4096, flags: [.create, .exclusive], mode: secret)
            #expect(successor != identifier)
            try kernel.detach(late)
            try kernel.detach(address)
            #expect(throws: Errno.invalidArgument) { try kernel.status(identifier) }
            #expect(try kernel.status(successor).key == key)
        }
    }

    @Test(arguments: KernelUnderTest.allCases)
    func `segments together may hold more bytes than fit in 64 bits`(kernel: KernelUnderTest) throws {
        try kernel.with { kernel, _ in
            (kernel as? FakeKernel)?.largestSegment = .max
            (kernel as? FakeKernel)?.totalBytes = .max
            // SHM_NORESERVE: no memory is reserved.
            let flags: CreationFlags = [.create, CreationFlags(rawValue: 0o10000)]
            let made = try (0..<4).map { _ in
                try kernel.get(.private, size: 1 << 63 - 65537, flags: flags, mode: secret)
            }
            let limits = try kernel.limits()
            #expect(limits.bytesInUse == .max)
            #expect(limits.segmentsInUse == 4)
            #expect(try kernel.status(made[3]).size == 1 << 63 - 65537)
        }
    }
}
