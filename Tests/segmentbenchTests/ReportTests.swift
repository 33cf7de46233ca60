import SegmentModel
import Testing
import Varlink

@testable import segmentbench

struct ReportTests {
    private let time = Quantity(name: "p50Microseconds", heading: "p50 µs", digits: 1)
    private let rate = Quantity(name: "requestsPerSecond", heading: "requests/s", digits: 0)

    private func report(_ figures: [[Figure]]) -> Report {
        let rows = figures.enumerated().map { number, figures in
            Row(
                name: "ask",
                title: "Ask",
                size: ("clients", number + 1),
                baseline: "echo",
                figures: figures
            )
        }
        return Report(part: "requests", processors: 1, rows: rows)
    }

    @Test func `people see a figure, its baseline, the ratio and the goal`() {
        let report = report([
            [
                Figure(time, 25.04, baseline: 10, goal: .ratioAtMost(2)),
                Figure(rate, 1200, baseline: 2000, goal: .ratioAtLeast(0.5)),
            ],
            [Figure(time, 5, baseline: 0.04), Figure(rate, 7, baseline: 14)],
        ])
        #expect(
            report.text == """
                requests, on 1 CPU

                                         p50 µs   requests/s
                Ask, clients: 1
                  segmentd                 25.0         1200
                  echo                     10.0         2000
                  ratio                    2.50         0.60
                  goal           ≤ 2.0 × MISSED  ≥ 0.5 × met
                Ask, clients: 2
                  segmentd                  5.0            7
                  echo                      0.0           14
                  ratio                       -         0.50
                """
        )
    }

    @Test func `rows of other quantities begin a new table`() {
        let report = report([[Figure(time, 1, baseline: 1)], [Figure(rate, 1, baseline: 1)]])
        #expect(report.text.split(separator: "\n\n").count == 3)
    }

    @Test func `programs get names with units`() {
        let report = report([
            [Figure(time, 25.0004, baseline: 10, goal: .atMost(20)), Figure(rate, 5, baseline: 0)]
        ])
        let writer = JSONWriter()
        writer.value(report)
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == #"{"part":"requests","version":"\#(Product.version)","processors":1,"rows":["#
                + #"{"name":"ask","clients":1,"baseline":"echo","figures":{"#
                + #""p50Microseconds":{"measured":25.0,"baseline":10.0,"ratio":2.5,"atMost":20.0,"meetsGoal":false},"#
                + #""requestsPerSecond":{"measured":5.0,"baseline":0.0,"ratio":null}}}]}"#
        )
    }

    @Test(arguments: [
        (Goal.atMost(20), 20.0, true), (.atMost(20), 20.5, false), (.ratioAtMost(2), 20, true),
        (.ratioAtMost(2), 21, false), (.ratioAtLeast(0.5), 5, true), (.ratioAtLeast(0.5), 4.9, false),
    ])
    func `a goal is met at its limit`(_ goal: Goal, _ measured: Double, _ isMet: Bool) {
        #expect(Figure(time, measured, baseline: 10, goal: goal).meetsGoal == isMet)
    }
}

struct SamplesTests {
    @Test(arguments: [(0, 1), (50.0, 500.0), (99, 990), (99.9, 999), (100, 1000)])
    func `percentiles are correct`(percentile: Double, expected: Double) {
        var samples = Samples()
        for microseconds in (1...1000).reversed() { samples.record(nanoseconds: UInt64(microseconds) * 1000) }
        #expect(samples.microseconds(percentile) == expected)
    }

    @Test func `an empty record is no record`() {
        #expect(Samples().microseconds(50) == 0)
    }
}
