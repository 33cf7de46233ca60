import SegmentModel
import Testing

@testable import SegmentService

@Suite struct SubscriberPlaceTests {
    private let a = name("a")
    private let b = name("b")
    private let c = name("c")

    private static func name(_ text: String) -> SegmentName {
        guard let name = SegmentName(text) else { preconditionFailure("\(text) is no segment's name") }
        return name
    }

    private func following() -> SubscriberPlace {
        var place = SubscriberPlace()
        place.walkedToEnd()
        return place
    }

    @Test func `a change is sent behind the walk and skipped ahead of it`() {
        var place = SubscriberPlace()
        #expect(place.change(of: a, bytes: 1, isFull: false, isSent: true) == .leaveOut)
        place.walked(to: b)
        #expect(place.change(of: a, bytes: 1, isFull: false, isSent: true) == .tell)
        #expect(place.change(of: b, bytes: 1, isFull: false, isSent: true) == .tell)
        #expect(place.change(of: c, bytes: 1, isFull: false, isSent: true) == .leaveOut)
        place.walkedToEnd()
        #expect(place.change(of: c, bytes: 1, isFull: false, isSent: true) == .tell)
        #expect(!place.walk.isUnderWay)
    }

    @Test func `changes beyond the queue are skipped and replaced by a walk from the first segment`() {
        var place = following()
        #expect(place.change(of: b, bytes: 1, isFull: true, isSent: false) == .leaveOut)
        #expect(place.walk == (nil, true))
        place.walked(to: a)
        #expect(place.change(of: a, bytes: 1, isFull: false, isSent: true) == .tell)
        #expect(place.change(of: b, bytes: 1, isFull: false, isSent: true) == .leaveOut)
        place.walkedToEnd()
        #expect(!place.walk.isUnderWay)
    }

    @Test func `a walk behind which changes were skipped is followed by another`() {
        var place = SubscriberPlace()
        place.walked(to: b)
        #expect(place.change(of: a, bytes: 1, isFull: true, isSent: false) == .leaveOut)
        place.walked(to: c)
        #expect(place.walk == (c, true))
        #expect(place.change(of: a, bytes: 1, isFull: false, isSent: true) == .leaveOut)
        place.walkedToEnd()
        #expect(place.walk == (nil, true))
        place.walkedToEnd()
        #expect(!place.walk.isUnderWay)
    }

    @Test func `changes made within one turn cost no subscriber its connection`() {
        var place = following()
        for _ in 0..<100 {
            #expect(place.change(of: a, bytes: 1 << 20, isFull: true, isSent: false) == .leaveOut)
        }
    }

    @Test func `a subscriber that does not read is disconnected, and one that has read starts anew`() {
        var place = following()
        #expect(place.change(of: a, bytes: 1, isFull: true, isSent: true) == .leaveOut)
        #expect(place.change(of: a, bytes: 1 << 20, isFull: true, isSent: true) == .leaveOut)
        place.walked(to: a)
        #expect(place.change(of: a, bytes: 1, isFull: true, isSent: true) == .leaveOut)
        #expect(place.change(of: a, bytes: 1 << 20, isFull: true, isSent: true) == .leaveOut)
        #expect(place.change(of: a, bytes: 1, isFull: true, isSent: true) == .close)
    }
}
