import Cadence
import FlowClient

/// One thing to ask of a node, and what must come of it, whoever carries it.
struct AccessClaim: Sendable {
    /// What was said, in words that can be compared.
    typealias Ask = @Sendable (any AccessAPI, ConformanceWorld, Told) async throws -> [String]

    enum Outcome: Sendable {
        /// What the node itself says in process, to the word.
        case whatTheNodeSays
        /// These words, over every transport and in process.
        case words([String])
        /// This code, and a message that has these words in it.
        case refusal(AccessError.Code, String)
    }

    let name: String
    var outcome = Outcome.whatTheNodeSays
    /// What the HTTP API has no route for: there it is `unimplemented`, with these words. A pool asks whoever has it.
    var notOverHTTP: String?
    /// Of a refusal: its words where the HTTP API has words of its own. Nil: there too they are the node's, to the letter.
    var overHTTP: String?
    let ask: Ask

    /// The claim that what `ask` does throws, and throws that.
    static func refused(
        _ name: String, _ code: AccessError.Code, _ words: String, notOverHTTP: String? = nil,
        overHTTP: String? = nil,
        _ ask: @escaping @Sendable (any AccessAPI, ConformanceWorld) async throws -> some Sendable
    ) -> AccessClaim {
        AccessClaim(name: name, outcome: .refusal(code, words), notOverHTTP: notOverHTTP, overHTTP: overHTTP) {
            api, world, _ in
            ["\(try await ask(api, world))"]
        }
    }

    /// The claim that what `ask` gives is said.
    static func says(
        _ name: String, _ words: [String],
        _ ask: @escaping @Sendable (any AccessAPI, ConformanceWorld) async throws -> [String]
    ) -> AccessClaim {
        AccessClaim(name: name, outcome: .words(words)) { api, world, _ in try await ask(api, world) }
    }

    /// The claim that one answer is the node's own.
    static func same(
        _ name: String, notOverHTTP: String? = nil,
        _ ask: @escaping @Sendable (any AccessAPI, ConformanceWorld) async throws -> some Sendable
    ) -> AccessClaim {
        AccessClaim(name: name, notOverHTTP: notOverHTTP) { api, world, _ in ["\(try await ask(api, world))"] }
    }

    /// The claim that several answers are the node's own, told as far as the transport tells them.
    static func same(_ name: String, telling ask: @escaping Ask) -> AccessClaim { AccessClaim(name: name, ask: ask) }

    var isStated: Bool {
        if case .whatTheNodeSays = outcome { false } else { true }
    }
}

/// Every claim about `AccessAPI`, for each of its implementations.
enum AccessConformance {
    static let claims: [AccessClaim] =
        network + blocks + transactions + state + execution + streams + sending + absences + refusals + filters
        + variants + systemOnes + inCCF + executionData

    /// Of no block, and of nothing else.
    static let unknown = BlockID(raw: Identifier(bytes: [UInt8](repeating: 0xab, count: 32))!)
    /// Above every head.
    static let far: BlockHeight = 99_999
    /// An account of mainnet.
    static let foreign = Address(rawValue: 0x1654_6533_9904_0a61)

    /// The first messages of a stream, and its end where it comes before.
    static func first<Element>(
        _ count: Int, _ stream: AccessStream<Element>, _ word: (Element) -> String = { "\($0)" }
    ) async throws -> [String] {
        var words: [String] = []
        for try await element in stream {
            words.append(word(element))
            if words.count == count { return words }
        }
        return words + ["the end"]
    }
}
