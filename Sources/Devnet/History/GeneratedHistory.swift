import Cadence
import FlowClient

/// A history that is not kept but told anew whenever it is asked for: who owned a token after how many transfers follows from
/// the seed alone, so that a block's events can be made without those before it.
final class GeneratedHistory: Sendable {
    let plan: HistoryPlan
    private let addresses: [Address]
    private let known: Set<Address>
    private let minted: EventTemplate
    private let delivered: EventTemplate
    private let deposited: EventTemplate
    private let withdrawn: EventTemplate
    /// Coprime to the number of tokens: transfer after transfer takes another one, until all had their turn.
    private let stride: UInt64

    private static let contract = ContractLocation(Address(rawValue: 0x179b_6b1c_b675_5e31), "NovaPass")
    private static let standard = CoreContracts.nonFungibleToken
    /// Accounts of that many numbers are left for those who come later.
    private static let firstWallet: UInt64 = 1_000_000

    init(_ plan: HistoryPlan) throws {
        self.plan = plan
        let generator = AddressGenerator(chain: .emulator)
        addresses = (0..<plan.wallets).compactMap { generator?.address(at: Self.firstWallet + $0) }
        known = Set(addresses)
        stride = (plan.tokens / 2 + 1...plan.tokens + 1).first { Self.divisor($0, plan.tokens) == 1 } ?? 1
        let (id, to) = (EventTemplate.number(0), EventTemplate.address)
        let type = Self.contract.typeID("NFT")
        minted = try EventTemplate(
            "Minted", of: Self.contract,
            [
                .uint64("id", id), .string("passID", "generated"), .string("releaseID", "generated-1"),
                .uint64("serial", EventTemplate.number(1)), .string("operation", "generated"),
            ])
        delivered = try EventTemplate(
            "Delivered", of: Self.contract,
            [
                .uint64("id", id), .string("passID", "generated"), .address("to", to),
                .string("operation", "generated"),
            ])
        deposited = try EventTemplate(
            "Deposited", of: Self.standard,
            [
                .string("type", type), .uint64("id", id), .uint64("uuid", id), .optionalAddress("to", to),
                .uint64("collectionUUID", EventTemplate.number(1)),
            ])
        withdrawn = try EventTemplate(
            "Withdrawn", of: Self.standard,
            [
                .string("type", type), .uint64("id", id), .uint64("uuid", id), .optionalAddress("from", to),
                .uint64("providerUUID", EventTemplate.number(1)),
            ])
    }

    /// Whether an account is one of the history's, of which there are events and no state.
    func isWallet(_ address: Address) -> Bool { known.contains(address) }

    /// The script of block number `block` in its transaction `index`: a remark, for ids to follow from.
    func transaction(_ index: Int, inBlock block: UInt64, referenceBlockID: BlockID) -> Transaction {
        let text = "// generated: block \(block), transaction \(index), seed \(plan.seed)\ntransaction {}\n"
        let platform = Self.contract.address
        return Transaction(
            script: Array(text.utf8), arguments: [], referenceBlockID: referenceBlockID, computationLimit: 9999,
            proposalKey: .init(address: platform, keyIndex: 0, sequenceNumber: SequenceNumber(block)), payer: platform,
            authorizers: [])
    }

    /// How many transactions a block has: block 0 is the first of the history.
    func transactionCount(inBlock block: UInt64) -> Int {
        let items = items(inBlock: block)
        return Int((UInt64(items.count) + HistoryPlan.perTransaction - 1) / HistoryPlan.perTransaction)
    }

    private func items(inBlock block: UInt64) -> Range<UInt64> {
        let start = min(block * plan.perBlock, plan.items)
        return start..<min(start + plan.perBlock, plan.items)
    }

    /// The events of one transaction, all of them or those of a type.
    func events(
        ofTransaction index: Int, id: TransactionID, inBlock block: UInt64, type: String? = nil,
        encoding: EventEncoding = .ccf
    ) -> [Event] {
        let all = items(inBlock: block)
        let start = min(all.lowerBound + UInt64(index) * HistoryPlan.perTransaction, all.upperBound)
        let mine = start..<min(start + HistoryPlan.perTransaction, all.upperBound)
        var events: [Event] = []
        events.reserveCapacity(mine.count * (type == nil ? 3 : 1))
        var eventIndex: UInt32 = 0
        let templates = [minted, delivered, deposited, withdrawn]
        let isWanted = templates.map { type == nil || $0.type == type }
        func add(_ which: Int, _ first: UInt64, _ second: UInt64 = 0, _ owner: Int? = nil) {
            defer { eventIndex += 1 }
            guard isWanted[which] else { return }
            var event = Event()
            event.type = templates[which].type
            event.transactionID = id
            event.transactionIndex = UInt32(index)
            event.eventIndex = eventIndex
            event.payload = templates[which].fill(
                first, second, owner.map { addresses[$0] } ?? Address(rawValue: 0), encoding: encoding)
            events.append(event)
        }
        for item in mine {
            if item < plan.tokens {
                let (token, owner) = (tokenID(item), owner(of: item, after: 0))
                add(0, token, item + 1)
                add(1, token, 0, owner)
                add(2, token, Self.collection(owner), owner)
            } else {
                let (moved, round) = transfer(item - plan.tokens)
                let token = tokenID(moved)
                let (from, to) = (owner(of: moved, after: round), owner(of: moved, after: round + 1))
                add(3, token, Self.collection(from), from)
                add(2, token, Self.collection(to), to)
            }
        }
        return events
    }

    /// Which token a transfer moves, and how often that one was moved before.
    private func transfer(_ number: UInt64) -> (token: UInt64, round: UInt64) {
        let (round, place) = number.quotientAndRemainder(dividingBy: plan.tokens)
        let (high, low) = place.multipliedFullWidth(by: stride)
        return (plan.tokens.dividingFullWidth((high, low)).remainder, round)
    }

    /// Never the same twice in a row.
    private func owner(of token: UInt64, after transfers: UInt64) -> Int {
        let wallets = UInt64(addresses.count)
        let first = Self.mix(token &+ plan.seed &* 0x9e37_79b9_7f4a_7c15)
        let step = 1 + Self.mix(first) % (wallets - 1)
        return Int((first % wallets + transfers % wallets * step) % wallets)
    }

    /// As uuids are: a partition of 256 above, its counter below.
    private func tokenID(_ index: UInt64) -> UInt64 { (index % 256) << 40 | (1000 + index / 256) }
    private static func collection(_ wallet: Int) -> UInt64 { 1 << 48 | UInt64(wallet) }

    private static func mix(_ value: UInt64) -> UInt64 {
        var chance = Chance(seed: value)
        return chance.next()
    }

    private static func divisor(_ a: UInt64, _ b: UInt64) -> UInt64 { b == 0 ? a : divisor(b, a % b) }
}

/// A block of it: where it stands, and what its transactions are called.
struct GeneratedBlock: Sendable {
    let history: GeneratedHistory
    /// 0 is the history's first.
    let number: UInt64
    let ids: [TransactionID]
    let parentID: BlockID

    var records: [BlockRecord.TransactionRecord] {
        ids.enumerated().map { index, id in
            var outcome = TransactionOutcome()
            outcome.events = history.events(ofTransaction: index, id: id, inBlock: number)
            outcome.computation = UInt64(outcome.events.count)
            return .init(
                id: id,
                transaction: history.transaction(index, inBlock: number, referenceBlockID: parentID), outcome: outcome)
        }
    }

    func events(ofType type: String?, encoding: EventEncoding = .ccf) -> [Event] {
        if ids.count == 1 {
            return history.events(ofTransaction: 0, id: ids[0], inBlock: number, type: type, encoding: encoding)
        }
        return ids.enumerated().flatMap { index, id in
            history.events(ofTransaction: index, id: id, inBlock: number, type: type, encoding: encoding)
        }
    }
}
