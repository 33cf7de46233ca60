import Glibc
import SystemPackage
import Testing

@testable import POSIX

@Suite struct ThisProcessTests {
    @Test func `an empty variable counts as unset unless requested`() {
        let name = "SEGMENTD_TEST_VARIABLE"
        defer { unsetenv(name) }
        #expect(ThisProcess.variable(name) == nil)
        setenv(name, "", 1)
        #expect(ThisProcess.variable(name) == nil)
        #expect(ThisProcess.secureVariable(name) == nil)
        #expect(ThisProcess.secureVariable(name, emptyIsUnset: false) == "")
        setenv(name, "x", 1)
        #expect(ThisProcess.variable(name) == "x")
        #expect(ThisProcess.secureVariable(name) == "x")
    }

    @Test func `limits are those of the kernel`() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #expect(ThisProcess.descriptorLimit == (limit.rlim_cur == .max ? nil : UInt64(limit.rlim_cur)))
    }

    @Test func `a process is identified by its start time and name`() throws {
        let own = Process(getpid())
        #expect(own.exists)
        #expect(own.command?.isEmpty == false)
        let started = try #require(own.started)
        #expect(started <= KernelClock.realtime.microseconds)
        #expect(started > KernelClock.realtime.microseconds - 86_400_000_000)
        #expect(try ProcessDescriptor(getpid()).hasEnded == false)
        // Above the highest process number of Linux.
        let none = Process(1 << 23)
        #expect(!none.exists)
        #expect(none.started == nil && none.command == nil)
        #expect(throws: Errno.noSuchProcess) { _ = try ProcessDescriptor(1 << 23) }
    }

    @Test func `users and groups have names and numbers`() throws {
        #expect(NameService.user(0)?.name == "root")
        #expect(NameService.user(named: "root") == UserAccount(name: "root", userID: 0, groupID: 0))
        #expect(NameService.user(named: "no such user") == nil)
        #expect(NameService.users()?.contains { $0.userID == 0 } == true)
        #expect(NameService.group(0)?.name == "root")
        #expect(try NameService.group(named: "root")?.groupID == 0)
        #expect(try NameService.group(named: "no such group") == nil)
    }
}
