import SegmentTestSupport
import Testing

/// How the package's scripts treat a running service, at installation and upgrade.
@Suite struct MaintainerScriptTests {
    private static let script =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        + "/systemd/debian/postinst"

    /// Runs the script with stubs that log their arguments; `check` is segmentctl's exit status.
    private func configure(
        check: Int,
        isActive: Bool,
        upgradeFrom: String,
        isVanished: Bool = false
    ) throws -> (status: Int32, output: String) {
        try Programs.run(
            """
            set -e; d=$(mktemp -d); trap 'rm -r "$d"' EXIT
            mkdir -p "$d/etc\(isVanished ? "" : "/segments.d")" "$d/state"; touch "$d/state/a"
            for p in systemd-sysusers deb-systemd-helper; do printf '#!/bin/sh\\n' > "$d/$p"; done
            printf '#!/bin/sh\\n[ "$2" != is-active ] || exit \(isActive ? 0 : 3)\\n' > "$d/systemctl"
            printf '#!/bin/sh\\necho "$@" >&2\\n' > "$d/deb-systemd-invoke"
            printf '#!/bin/sh\\n[ "$1" = check ] && exit \(check)\\n' > "$d/segmentctl"
            chmod +x "$d"/*
            sed "s|/run/systemd/system|/|; s|/etc/segmentd|$d/etc|g; s|/run/segmentd/state|$d/state|" '\(Self.script)' \\
                > "$d/postinst"
            PATH="$d:$PATH" DPKG_ROOT= sh "$d/postinst" configure \(upgradeFrom)
            [ -d "$d/etc/segments.d" ] || echo "no segments.d"
            """
        )
    }

    @Test func `a configuration that is refused leaves the running daemon as it is`() throws {
        let (status, output) = try configure(check: 8, isActive: true, upgradeFrom: "0.1.0")
        #expect(status == 0)
        #expect(!output.hasPrefix("restart"))
        #expect(output.contains("the configuration is refused: the running daemon is left as it is"))
        #expect(output.contains("then: systemctl restart segmentd.service"))
    }

    @Test func `a vanished directory is not recreated, and the daemon is left running`() throws {
        let (status, output) = try configure(check: 0, isActive: true, upgradeFrom: "0.1.0", isVanished: true)
        #expect(status == 0)
        #expect(output.contains("segments.d is not there"))
        #expect(output.contains("the running daemon is left as it is"))
        #expect(output.hasSuffix("no segments.d\n"))
    }

    @Test func `a first installation beside a running daemon says so and starts nothing`() throws {
        let (status, output) = try configure(check: 8, isActive: false, upgradeFrom: "")
        #expect(status == 0)
        #expect(output.contains("the configuration is refused: the service is not started"))
        #expect(!output.contains("segmentd.socket"))
    }

    @Test(arguments: [0, 1]) func `any other result of the check leaves it to systemd`(check: Int) throws {
        #expect(
            try configure(check: check, isActive: true, upgradeFrom: "0.1.0") == (
                0, "restart segmentd.service\n"
            )
        )
        #expect(
            try configure(check: check, isActive: false, upgradeFrom: "")
                == (0, "start segmentd.socket segmentd.service\n")
        )
    }
}
