import Synchronization

extension CCF {
    /// The value of a CCF message, as the reference decoder's default mode takes it.
    /// - Throws: what is wrong, with its byte offset.
    public static func decode(_ bytes: [UInt8], limits: Limits = Limits()) throws(CadenceCodingError) -> CadenceValue {
        try pooled(limits) { body in bytes.withUnsafeBytes(body) }
    }

    public static func decode(
        _ bytes: UnsafeRawBufferPointer, limits: Limits = Limits()
    ) throws(CadenceCodingError) -> CadenceValue {
        try pooled(limits) { body in body(bytes) }
    }

    private typealias Outcome = Result<CadenceValue, CadenceCodingError>

    private static func pooled(
        _ limits: Limits, _ lend: ((UnsafeRawBufferPointer) -> Outcome) -> Outcome
    ) throws(CadenceCodingError) -> CadenceValue {
        let decoder = pool.withLock { $0.popLast() } ?? Decoder()
        let outcome = lend { decoder.outcome(of: $0, limits: limits) }
        pool.withLock { if $0.count < 16 { $0.append(decoder) } }
        return try outcome.get()
    }

    /// Decoders that nobody uses at the moment, with the plans they know.
    private static let pool = Mutex<[Decoder]>([])

    /// Keeps the plans of the messages it has read.
    ///
    /// Sendable without a lock, because it has one owner at a time: the pool, or the one call that took it out.
    final class Decoder: @unchecked Sendable {
        private let plans = CCFPlanCache()

        func outcome(of bytes: UnsafeRawBufferPointer, limits: Limits) -> Result<CadenceValue, CadenceCodingError> {
            if bytes.count > limits.bytes {
                return .failure(CadenceCodingError(.limit, "\(bytes.count) bytes are more than \(limits.bytes)"))
            }
            do throws(CCFFailure) { return .success(try decode(bytes, limits: limits)) } catch {
                return .failure(CadenceCodingError(error.isLimit ? .limit : .ccf, error.reason, offset: error.offset))
            }
        }

        private func decode(_ bytes: UnsafeRawBufferPointer, limits: Limits) throws(CCFFailure) -> CadenceValue {
            let plan = try plans.plan(for: bytes)
            var cbor = CBORReader(bytes)
            cbor.at = plan.prefix.count
            var reader = CCFValueReader(cbor, plan: plan, limits: limits)
            let value = try reader.value(plan.root)
            guard reader.cbor.at == bytes.count else { throw CCFFailure(reader.cbor.at, "something follows the value") }
            if !plan.unreferenced.isEmpty, let index = plan.unreferenced.subtracting(reader.referenced).min() {
                throw CCFFailure(0, "nothing refers to the definition of \(plan.definitions[index].typeID)")
            }
            return value
        }
    }
}

/// Plans by the first bytes of the messages they were made for. It forgets all when it has grown to a few hundred.
final class CCFPlanCache {
    private var known: [UInt64: [CCFPlan]] = [:]
    private var count = 0
    private var recent: CCFPlan?
    private static let most = 256
    /// A plan is filed under its longest fingerprint: enough bytes to tell most event types apart; what they share is compared whole.
    private static let fingerprintLengths = [96, 32]

    /// The plan for a message, which knows how long the message's type part is.
    @inline(__always)
    func plan(for bytes: UnsafeRawBufferPointer) throws(CCFFailure) -> CCFPlan {
        if let recent, CCFPlanCache.matches(recent, bytes) { return recent }
        return try search(bytes)
    }

    private func search(_ bytes: UnsafeRawBufferPointer) throws(CCFFailure) -> CCFPlan {
        for length in CCFPlanCache.fingerprintLengths where length <= bytes.count {
            let candidates = known[CCFPlanCache.fingerprint(bytes, length)]
            if let found = candidates?.first(where: { CCFPlanCache.matches($0, bytes) }) {
                recent = found
                return found
            }
        }
        let plan = try CCFPlan(reading: bytes)
        recent = plan
        // A shorter type part is as quickly read again.
        if let length = CCFPlanCache.fingerprintLengths.first(where: { $0 <= plan.prefix.count }), !plan.isBloated {
            if count == CCFPlanCache.most {
                known.removeAll(keepingCapacity: true)
                count = 0
            }
            let fingerprint = CCFPlanCache.fingerprint(bytes, length)
            let others = known[fingerprint] ?? []
            let useful = others.filter { !$0.isBloated }
            known[fingerprint] = useful + [plan]
            count += 1 - (others.count - useful.count)
        }
        return plan
    }

    private static func fingerprint(_ bytes: UnsafeRawBufferPointer, _ length: Int) -> UInt64 {
        var hash = ByteHash()
        hash.combine(UnsafeRawBufferPointer(rebasing: bytes.prefix(length)))
        return hash.finished
    }

    @inline(__always)
    private static func matches(_ plan: CCFPlan, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count >= plan.prefix.count, !plan.isBloated else { return false }
        return plan.prefix.withUnsafeBytes {
            $0.isSame(as: UnsafeRawBufferPointer(start: bytes.baseAddress, count: $0.count))
        }
    }
}
