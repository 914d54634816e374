import Cadence
import Daemon
package import Encoding
import FlowClient
import FoundationEssentials
import HTTP
package import Submitter

/// Lanes and queues as the control port and `weir status` show them.
extension SubmitterStatus {
    package var json: JSON {
        [
            "workers": .array(workers.map { ["id": JSON($0.id), "epoch": JSON($0.epoch), "alive": JSON($0.isAlive)] }),
            "holds": .array(holds.map(\.json)), "troubles": .array(troubles.map(\.json)),
            "items_unproven": JSON(itemsUnproven),
            "lanes": .array(lanes.map(\.json)), "queues": .array(queues.map(\.json)),
            "attempts_under_way": JSON(attemptsUnderWay), "attempts_in_doubt": JSON(attemptsInDoubt),
            "estimated_seconds": estimatedSeconds.map { JSON($0) } ?? .null,
        ]
    }
}

extension Hold {
    package var json: JSON {
        [
            "scope": JSON(scope.name), "reason": JSON(reason), "remedy": JSON(remedy),
            "since": JSON(RFC3339.format(since)), "until": JSON(RFC3339.format(until)), "probes": JSON(probes),
        ]
    }
}

extension SubmitterStatus.Trouble {
    fileprivate var json: JSON {
        [
            "transaction_id": JSON(transactionID.hex), "reason": JSON(reason), "since": JSON(RFC3339.format(since)),
            "tries": JSON(tries),
        ]
    }
}

extension SubmitterStatus.Lane {
    fileprivate var json: JSON {
        [
            "address": JSON(address.hex), "key_index": JSON(keyIndex.rawValue), "weight": JSON(weight),
            "next_sequence_number": JSON(nextSequenceNumber.rawValue), "state": JSON(state.rawValue),
            "reason": JSON(reason), "transaction_id": JSON(transactionID?.hex),
        ]
    }
}

extension SubmitterStatus.Queue {
    fileprivate var json: JSON {
        [
            "recipe": JSON(recipe), "queued": JSON(queued), "waiting": JSON(waiting), "under_way": JSON(underWay),
            "oldest_at": JSON(oldestAt.map(RFC3339.format)),
        ]
    }
}
