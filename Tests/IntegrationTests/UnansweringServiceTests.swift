import Glibc
import Segments
import SegmentModel
import SegmentTestSupport
import Testing
import SystemPackage

extension RealDaemon {
    /// Outside services that hang: clients that do not need them are served, and a stop does not wait for
    /// them.
    @Suite(.serialized, .enabled(if: Programs.canSwitchUser)) struct UnansweringServiceTests {
        private static let groups = [
            "segments.d/a.toml": "size = 4096\ngroup = \"tty\"",
            "segments.d/used.toml": "size = 4096\ngroup = \"tty\"\nkeep = \"while-used\"",
        ]

        @Test(.resilience("a name service that does not answer"))
        func `a hung name service delays no request and no stop`() throws {
            let names = try HeldNameService()
            try DaemonFixture.with(Self.groups, environment: names.environment) { daemon in
                let trial = Trial(daemon)
                try names.hold()
                try trial.expectServed("a")
                try trial.expectServed("used")
                try daemon.write("size = 1\ngroup = \"tty\"", to: "segments.d/b.toml")
                try trial.expectReloadRefused("the name service")
                #expect(throws: (any Error).self) { try daemon.client().segment(named: "b") }
                names.release()
                #expect(try daemon.client().reloadConfiguration().created.map(\.string) == ["b"])
                try names.hold()
                trial.expectStop()
                names.release()
            }
        }

        @Test(.resilience("a name service that does not answer"))
        func `a start without the name service serves live segments`() throws {
            let names = try HeldNameService()
            try DaemonFixture.with(Self.groups, environment: names.environment) { daemon in
                let trial = Trial(daemon)
                daemon.stop(SIGUSR2)
                try daemon.write("size = 1\ngroup = \"tty\"", to: "segments.d/b.toml")
                try daemon.write("size = 1", to: "segments.d/c.toml")
                try names.hold()
                try daemon.spawn()
                try trial.expectServed("a")
                try trial.expectBlocked("b", "the name service has not answered")
                try trial.expectBlocked("used", "the name service has not answered")
                try trial.expectReloadRefused("still starting")
                #expect(try daemon.client().segment(named: "a").group == "5")
                trial.expectStop()
                try daemon.spawn()
                try trial.expectServed("a")
                names.release()
                _ = try daemon.notify.expect("READY=1")
                try trial.expectServed("b")
                #expect(try daemon.client().segment(named: "a").group == "tty")
            }
        }

        @Test(.resilience("a name service that does not answer"), arguments: [false, true])
        func `a reload during a start runs after the start`(isSignal: Bool) throws {
            let names = try HeldNameService()
            try DaemonFixture.with(Self.groups, environment: names.environment) { daemon in
                let trial = Trial(daemon)
                daemon.stop(SIGUSR2)
                try names.hold()
                try daemon.spawn()
                try trial.expectServed("a")
                try daemon.write("size = 1", to: "segments.d/b.toml")
                let socket = daemon.socket
                let reload = Thread {
                    isSignal
                        ? nil
                        : try SegmentClient(socket: FilePath(socket), timeout: .seconds(30))
                            .reloadConfiguration().created
                }
                if isSignal { daemon.process.signal(SIGHUP) }
                usleep(200_000)
                try trial.expectServed("a")
                #expect(throws: (any Error).self) { try daemon.client().segment(named: "b") }
                names.release()
                _ = try daemon.notify.expect("READY=1")
                _ = try daemon.notify.expect("RELOADING=1")
                _ = try daemon.notify.expect("READY=1")
                #expect(try reload.value()?.map(\.string) == (isSignal ? nil : ["b"]))
                try trial.expectServed("b")
            }
        }

        @Test(
            .resilience("a file system that does not answer: keys, configuration, records"),
            .enabled(if: HeldFileSystem.canBeMounted)
        )
        func `a hung key file affects only its own segment`() throws {
            let files = try HeldFileSystem()
            for name in ["lives", "new"] { try DaemonFixture.write("", to: "\(files.source)/\(name)") }
            func declaration(_ file: String) -> String { "size = 1\n[key]\npath = \"\(file)\"" }
            let segments = [
                "segments.d/a.toml": "size = 4096",
                "segments.d/lives.toml": declaration("\(files.path)/lives"),
            ]
            try DaemonFixture.with(segments, prefix: files.prefix()) { daemon in
                let trial = Trial(daemon)
                try files.hold()
                try trial.expectServed("a")
                try trial.expectServed("lives")
                try DaemonFixture.write("", to: "\(daemon.directory)/key")
                try daemon.write(declaration("\(daemon.directory)/key"), to: "segments.d/b.toml")
                try daemon.write(declaration("\(files.path)/new"), to: "segments.d/new.toml")
                #expect(
                    try daemon.client(timeout: .seconds(10)).reloadConfiguration().created.map(\.string) == [
                        "b"
                    ]
                )
                try trial.expectServed("lives")
                try trial.expectBlocked("new", "has not answered")
                trial.expectStop(SIGUSR2, beside: files)
                files.end()

                try daemon.spawn()
                for name in ["a", "b", "lives"] { try trial.expectServed(name) }
                try trial.expectBlocked("new", "has not answered")
                _ = try daemon.notify.expect("READY=1")
                try trial.expectBlocked("new", "has not answered")
                files.release()
                #expect(try daemon.client().reloadConfiguration().created.map(\.string) == ["new"])
                try files.hold()
                trial.expectStop(beside: files)
                files.end()
                files.release()
            }
        }

        @Test(
            .resilience("a file system that does not answer: keys, configuration, records"),
            .enabled(if: HeldFileSystem.canBeMounted)
        )
        func `a configuration on a hung file system fails a reload and delays no stop`() throws {
            let files = try HeldFileSystem()
            mkdir("\(files.source)/segments.d", 0o755)
            try DaemonFixture.write("size = 4096", to: "\(files.source)/segments.d/a.toml")
            try DaemonFixture.with(prefix: files.prefix("--config '\(files.path)'")) { daemon in
                let trial = Trial(daemon)
                try files.hold()
                try trial.expectServed("a")
                try trial.expectReloadRefused("the file system of the configuration")
                files.release()
                _ = try daemon.client().reloadConfiguration()
                try files.hold()
                trial.expectStop(beside: files)
                files.end()

                try daemon.spawn()
                usleep(300_000)
                trial.expectStop(beside: files)
                files.end()
                files.release()
            }
        }

        @Test(
            .resilience("a file system that does not answer: keys, configuration, records"),
            .enabled(if: HeldFileSystem.canBeMounted)
        )
        func `a hung state directory blocks new segments`() throws {
            let files = try HeldFileSystem()
            let segments = [
                "segments.d/a.toml": "size = 4096",
                "segments.d/used.toml": "size = 4096\nkeep = \"while-used\"",
            ]
            try DaemonFixture.with(segments, prefix: files.prefix("--state '\(files.path)'")) { daemon in
                let trial = Trial(daemon)
                try files.hold()
                try trial.expectBlocked("used", "its record cannot be written")
                try trial.expectServed("a")
                files.release()
                usleep(200_000)
                try trial.expectServed("used")
                try files.hold()
                trial.expectStop(SIGUSR2, beside: files)
                files.end()

                try daemon.spawn()
                usleep(300_000)
                trial.expectStop(beside: files)
                files.end()
                files.release()
                try daemon.start()
                try trial.expectServed("a")
            }
        }

        @Test(.resilience("a state directory that is full"))
        func `a full state directory blocks new segments until there is space`() throws {
            let directory = try DaemonFixture.makeDirectory()
            defer { system("rm -rf '\(directory)'") }
            let script =
                "mount -t tmpfs -o size=4k,mode=0700 tmpfs '\(directory)' && exec \"$@\" --state '\(directory)'"
            let segments = ["segments.d/a.toml": "size = 4096", "segments.d/b.toml": "size = 4096"]
            try DaemonFixture.with(segments, prefix: ["unshare", "--mount", "sh", "-c", script, "sh"]) {
                daemon in
                let trial = Trial(daemon)
                try trial.expectServed("a")
                try trial.expectBlocked("b", "its record cannot be written")
                let room =
                    "nsenter --target \(daemon.process.identifier) --mount"
                    + " mount -o remount,size=1m '\(directory)'"
                try #require(try Programs.run(room).status == 0)
                try trial.expectServed("b")
            }
        }
    }
}

/// Expectations of a daemon beside a service that hangs.
private struct Trial {
    let daemon: DaemonFixture

    init(_ daemon: DaemonFixture) { self.daemon = daemon }

    /// Expects a lease at once; the limit is ten times what is promised, for busy machines.
    func expectServed(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        try withClient { client in
            let clock = ContinuousClock()
            let start = clock.now
            _ = try client.lease(SegmentName(unchecked: name), access: .readWrite)
            #expect(clock.now - start < Sanitizer.limit(.seconds(1)), sourceLocation: sourceLocation)
        }
    }

    func expectBlocked(
        _ name: String,
        _ reason: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try withClient { client in
            let clock = ContinuousClock()
            let start = clock.now
            do {
                _ = try client.lease(SegmentName(unchecked: name), access: .readWrite)
                Issue.record("\(name) is not blocked", sourceLocation: sourceLocation)
            } catch {
                #expect("\(error)".contains(reason), "\(error)", sourceLocation: sourceLocation)
            }
            #expect(clock.now - start < Sanitizer.limit(.seconds(1)), sourceLocation: sourceLocation)
        }
    }

    /// Expects that others are served while a reload waits, and that it then reports the service that did not
    /// answer.
    func expectReloadRefused(_ reason: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let (socket, clock) = (daemon.socket, ContinuousClock())
        let start = clock.now
        let reload = Thread {
            try SegmentClient(socket: FilePath(socket), timeout: .seconds(30)).reloadConfiguration()
        }
        usleep(200_000)
        try expectServed("a", sourceLocation: sourceLocation)
        do {
            _ = try reload.value()
            Issue.record("the reload is not refused", sourceLocation: sourceLocation)
        } catch {
            guard let problems = (error as? SegmentClientError)?.configurationProblems, !problems.isEmpty
            else {
                throw error
            }
            #expect("\(problems)".contains(reason), "\(problems)", sourceLocation: sourceLocation)
        }
        #expect(clock.now - start < .seconds(30), sourceLocation: sourceLocation)
    }

    /// Expects the daemon to stop; releases it if it has not ended within half a minute, so that the tests
    /// continue.
    func expectStop(
        _ signal: Int32 = SIGTERM,
        beside files: HeldFileSystem? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let isOver = Latch()
        let watch = Thread { if !isOver.wait(timeLimit: .seconds(30)) { files?.end() } }
        defer {
            isOver.raise()
            try? watch.value()
        }
        let clock = ContinuousClock()
        let start = clock.now
        #expect(daemon.stop(signal) == 0, sourceLocation: sourceLocation)
        #expect(clock.now - start < Sanitizer.limit(.seconds(5)), sourceLocation: sourceLocation)
    }

    /// A daemon that is starting does not listen yet.
    private func withClient(_ body: (SegmentClient) throws -> Void) throws {
        for _ in 0..<100 {
            if let client = try? daemon.client(), (try? client.daemonStatus()) != nil {
                return try body(client)
            }
            usleep(20_000)
        }
        try body(daemon.client())
    }
}
