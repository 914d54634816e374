import Cadence
import Devnet
import Encoding
import FlowClient
import GRPC
import Recordings

/// Where the devnet is known to answer otherwise than the recorded emulator, by name. What is not here must agree.
package enum KnownDifference: String, CaseIterable, Sendable {
    case signature
    case view
    case evmBlockHash = "EVM.BlockExecuted: hashes"
    case systemTransaction = "system transactions: script"
    case rootEvents = "events of block 0"
    case coreContracts = "contracts of the service account"
    case executionEffort = "FlowFees.FeesDeducted.executionEffort"
    case streamTime = "block_timestamp on streams"
    case hollowStatus = "statuses of a transaction that is sent and watched"
    case foreignCadence = "errors of Cadence that is not the project's"

    /// Why it is so.
    package var reason: String {
        switch self {
        case .signature: "is made anew, for the ids of this chain"
        case .view: "the emulator raises it by one to three at random from block to block, the devnet by one"
        case .evmBlockHash: "there is no EVM; its hashes are stand-ins, of the right size"
        case .systemTransaction: "the devnet's own does nothing, and says so"
        case .rootEvents: "the emulator's bootstrapping left some; the devnet begins with its state"
        case .coreContracts: "those that the project imports are there by name, without their source"
        case .executionEffort: "is modelled from the recorded costs, not metered"
        case .streamTime: "the emulator's streams have times of the year 1, or none; the devnet's have the block's"
        case .hollowStatus: "the emulator leaves out block, events and ids of what it streams; the devnet does not"
        case .foreignCadence: "code and place agree; the parser's and the type checker's words are not the devnet's"
        }
    }

    /// The one that explains a difference in the answer to an exchange. Nil where none does.
    static func explaining(_ difference: AnswerDifference, _ exchange: RecordedExchange) -> KnownDifference? {
        let path = difference.path
        let name = path.split(separator: ".").last.map { String($0.prefix { $0 != "[" }) } ?? ""
        switch name {
        case "signature": return .signature
        case "view": return path.contains("header") || path == "block.view" ? .view : nil
        case "executionEffort": return .executionEffort
        case "hash", "parentHash", "prevrandao", "receiptRoot", "transactionHashRoot":
            return path.contains("payload.") ? .evmBlockHash : nil
        case "script": return systemScripts.contains(difference.ours) ? .systemTransaction : nil
        case "events" where path == "results.events" || path == "results[0].events":
            return exchange.startsAtRoot && difference.ours == "absent" ? .rootEvents : nil
        case "contracts": return exchange.asksServiceAccount ? .coreContracts : nil
        default: break
        }
        if exchange.isStream, path.contains("block_timestamp") { return .streamTime }
        if exchange.isSentAndWatched, hollow.contains(name) { return .hollowStatus }
        return isForeign(difference) ? .foreignCadence : nil
    }

    /// What the emulator leaves out of the statuses that it streams.
    private static let hollow: Set<String> = [
        "transaction_id", "block_id", "block_height", "collection_id", "events", "_self",
    ]

    /// The same error up to where a parser or a type checker speaks, and then what the devnet says in its place.
    private static func isForeign(_ difference: AnswerDifference) -> Bool {
        guard
            difference.ours.contains("this devnet does not run Cadence")
                || difference.ours.contains("it does not know this")
        else { return false }
        let marker = "Execution failed:"
        guard let theirs = difference.recorded.firstRange(of: marker), let ours = difference.ours.firstRange(of: marker)
        else { return false }
        return difference.recorded[..<theirs.upperBound] == difference.ours[..<ours.upperBound]
    }

    private static let systemScripts = Set(SystemTransactions.all.map { Hex.encode($0.script) })
}

extension RecordedExchange {
    fileprivate var startsAtRoot: Bool {
        guard call == "GetEventsForHeightRange",
            let request = try? GetEventsForHeightRangeRequest(protobuf: requestBytes)
        else { return false }
        return request.startHeight == 0
    }

    fileprivate var asksServiceAccount: Bool {
        call.hasPrefix("GetAccount") && (try? WireMessage(requestBytes))?[bytes: 1] == Retelling.serviceAddress.bytes
    }

    /// Over a stream that tells its statuses.
    fileprivate var isSentAndWatched: Bool {
        call == "SendAndSubscribeTransactionStatuses" || transport == "websocket" && anyTransaction != nil
    }
}
