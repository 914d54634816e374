/// The weather of a year, as it was on mainnet and testnet (docs/devnet.md has the sources): each by its day, or by its kind
/// where it comes again and again.
extension Scenario {
    /// As YAML, by name.
    public static let shipped: [(name: String, yaml: String)] = [
        (
            "2025-10-22",
            """
            name: 2025-10-22
            summary: a network upgrade. Everything stands for 470 minutes; heights go on from a new root, what lies below is gone
            steps:
              - at: 10m
                say: the network stands, sends are refused
                faults: {stands: true, refuses_sends: true}
              - at: 480m
                say: it goes on from a new root, the history below is gone
                faults: {stands: false, refuses_sends: false, spork_root: head}
            """
        ),
        (
            "2025-12-27",
            """
            name: 2025-12-27
            summary: an attack. The chain halts; sends are refused for a day; a second upgrade; some accounts are restricted for weeks
            steps:
              - at: 10m
                say: execution and sealing stand, blocks go on being finalized
                faults: {seals_up_to: head}
              - at: 30m
                say: the chain halts, and takes no transactions
                faults: {stands: true, refuses_sends: true}
              - at: 390m
                say: a roll-back by six hours had been announced and is dropped; it goes on from the last sealed block
                faults: {stands: false, seals_up_to: null}
              - at: 1470m
                say: transactions are taken again, after 1,440 minutes; what some accounts pay for or authorize fails
                rules: {restricted_accounts: ["0x120e725050340cab"]}
                faults: {refuses_sends: false}
              - at: 2000m
                say: a second upgrade, everything stands
                faults: {stands: true, refuses_sends: true}
              - at: 2909m
                say: it goes on after 909 minutes, from a new root
                faults: {stands: false, refuses_sends: false, spork_root: head}
              - at: 30000m
                say: the accounts are no longer restricted
                rules: {restricted_accounts: []}
            """
        ),
        (
            "2026-02-11",
            """
            name: 2026-02-11
            summary: execution nodes out of memory. Sealing stands for 7 minutes
            steps:
              - {at: 5m, say: execution and sealing stand, faults: {seals_up_to: head}}
              - {at: 12m, say: sealing goes on, faults: {seals_up_to: null}}
            """
        ),
        (
            "2026-02-11-testnet",
            """
            name: 2026-02-11-testnet
            summary: sealing stands for 148 minutes, and a network upgrade ends it
            steps:
              - {at: 5m, say: execution and sealing stand, faults: {seals_up_to: head}}
              - {at: 140m, say: the network stands, faults: {stands: true, refuses_sends: true}}
              - at: 153m
                say: it goes on from a new root
                faults: {stands: false, refuses_sends: false, seals_up_to: null, spork_root: head}
            """
        ),
        (
            "2026-02-23",
            """
            name: 2026-02-23
            summary: consensus halted. Nothing is executed or sealed for 240 minutes, while blocks go on being finalized
            steps:
              - {at: 5m, say: execution and sealing stand, faults: {seals_up_to: head}}
              - {at: 245m, say: sealing goes on, faults: {seals_up_to: null}}
            """
        ),
        (
            "upgrade",
            """
            name: upgrade
            summary: a height-coordinated upgrade, as there were 14. Execution and sealing stand for 8 minutes
            steps:
              - {at: 2m, say: execution and sealing stand, faults: {seals_up_to: head}}
              - {at: 10m, say: execution and sealing go on, faults: {seals_up_to: null}}
            """
        ),
        (
            "roll-back",
            """
            name: roll-back
            summary: six hours of blocks are taken back, as was announced on 2025-12-27 and not done
            steps:
              - {at: 360m, say: the chain halts, faults: {stands: true, refuses_sends: true}}
              - at: 420m
                say: the blocks of six hours are gone
                rollback: {blocks: 21600}
              - {at: 421m, say: it goes on, faults: {stands: false, refuses_sends: false}}
            """
        ),
        (
            "stuck-endpoint",
            """
            name: stuck-endpoint
            summary: one public endpoint is stuck for two hours, then away for ten minutes, while another one is fine
            steps:
              - {at: 5m, node: 1, say: the sibling is stuck, faults: {stuck_at: head}}
              - {at: 125m, node: 1, say: the sibling is away, faults: {is_down: true, stuck_at: null}}
              - {at: 135m, node: 1, say: the sibling is back, faults: {is_down: false}}
            """
        ),
        (
            "prices",
            """
            name: prices
            summary: the weights of FLIP 370 from one block to the next, the fees of FLIP 351, and an hour of surge
            steps:
              - {at: 5m, say: fees of FLIP 351, rules: {fees: flip351}}
              - {at: 10m, say: weights of FLIP 370, rules: {weights: flip370}}
              - {at: 30m, say: the network is busy, rules: {surge_factor: 8.5}}
              - {at: 90m, say: it is quiet again, rules: {surge_factor: 1}}
            """
        ),
        (
            "bad-afternoon",
            """
            name: bad-afternoon
            summary: an access node at its worst. Answers late, lost and out of order, streams that end, ranges cut short, limits
            steps:
              - {at: 1m, say: answers are late and overtake one another, faults: {delay_ms: 50, jitter_ms: 400}}
              - {at: 5m, say: one in twenty answers is lost, faults: {lost_answers: 50, unknown_answers: 10}}
              - {at: 10m, say: siblings that have not seen it yet, faults: {misses: 100}}
              - {at: 15m, say: ranges are cut short and streams end, faults: {truncated_heights: 3, ends_streams_after: 20}}
              - {at: 20m, say: few calls a second are answered, faults: {calls_per_second: {send: 5, events: 3}}}
              - {at: 25m, say: streams tell everything twice, faults: {duplicates_stream_messages: true}}
              - {at: 30m, say: all is well, clear_faults: true}
            """
        ),
    ]

    /// One of those by its name. Nil where there is none.
    public static func shipped(_ name: String) -> Scenario? {
        shipped.first { $0.name == name }.map { try! Scenario(yaml: $0.yaml) }  // a test reads them all
    }
}
