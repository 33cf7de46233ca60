import Testing

@testable import POSIX
@testable import SegmentConfiguration

@Suite struct PrivateGroupTests {
    private static let ada = UserAccount(name: "ada", userID: 1000, groupID: 1000)
    private static let bob = UserAccount(name: "bob", userID: 1001, groupID: 1001)
    private static let guest = UserAccount(name: "guest", userID: 1002, groupID: 1000)
    private static let root = UserAccount(name: "root", userID: 0, groupID: 0)

    private static func group(
        _ name: String,
        _ groupID: UInt32,
        _ members: [String] = []
    ) -> UserGroup {
        UserGroup(name: name, groupID: groupID, members: members)
    }

    private static let cases: [(group: UserGroup, user: UserAccount, others: [UserAccount], Bool)] = [
        (group("ada", 1000), ada, [root, bob], true),
        (group("ada", 1000, ["ada"]), ada, [bob], true),
        (group("ada", 1000, ["bob"]), ada, [bob], false),
        (group("ada", 1000), ada, [bob, guest], false),
        (group("users", 1000), ada, [bob], false),
        (group("ada", 100), ada, [bob], false),
        (group("root", 0), root, [ada], false),
    ]

    @Test(arguments: cases) func `a private group has the user's name and no other members`(
        group: UserGroup,
        user: UserAccount,
        others: [UserAccount],
        isPrivate: Bool
    ) {
        #expect(PrivateGroup.isPrivate(group, of: user, among: others + [user]) == isPrivate)
    }
}
