import POSIX
import SystemPackage
import Testing

@Suite struct MountPointsTests {
    private let points = MountPoints(
        mountinfo: """
            21 1 254:0 / / rw,relatime - ext4 /dev/vda rw
            40 21 0:35 / /srv/data rw - fuse.bindfs bindfs rw
            41 21 0:36 / /srv/with\\040space rw - tmpfs tmpfs rw
            broken
            """
    )

    @Test(
        arguments: [
            ("/srv/data/1/key", "/srv/data"), ("/srv/data/2/key", "/srv/data"), ("/srv/database/key", "/"),
            ("/srv/with space/key", "/srv/with space"), ("/etc/segmentd/segments.d/a.toml", "/"),
        ] as [(FilePath, FilePath)]
    )
    func `files of one file system are related, whatever their directory`(path: FilePath, point: FilePath) {
        #expect(points.holding(path) == point)
    }

    @Test func `only a mount point is one`() {
        #expect(points.contains("/srv/with space"))
        #expect(!points.contains("/srv/data/1"))
    }

    @Test func `an empty list has no mount points`() {
        #expect(MountPoints(mountinfo: "").holding("/a/b") == nil)
        #expect(!MountPoints(mountinfo: "").contains("/a"))
    }
}
