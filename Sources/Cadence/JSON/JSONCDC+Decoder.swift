import Synchronization

extension JSONCDC {
    /// The value of a JSON-CDC text, exactly as the reference decoder takes it, its leniences included: members may come in any order and
    /// twice (the last counts), most objects may have members that mean nothing, and what follows the value is left alone.
    /// - Throws: what is wrong, with the path to it and its byte offset.
    public static func decode(
        _ bytes: [UInt8], forms: Forms = .current, limits: Limits = Limits()
    ) throws(CadenceCodingError) -> CadenceValue {
        try pooled(forms, limits) { body in bytes.withUnsafeBytes(body) }
    }

    public static func decode(
        _ text: String, forms: Forms = .current, limits: Limits = Limits()
    ) throws(CadenceCodingError) -> CadenceValue {
        var text = text
        return try pooled(forms, limits) { body in
            text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
        }
    }

    public static func decode(
        _ bytes: UnsafeRawBufferPointer, forms: Forms = .current, limits: Limits = Limits()
    ) throws(CadenceCodingError) -> CadenceValue {
        try pooled(forms, limits) { body in body(bytes) }
    }

    private typealias Outcome = Result<CadenceValue, CadenceCodingError>

    private static func pooled(
        _ forms: Forms, _ limits: Limits, _ lend: ((UnsafeRawBufferPointer) -> Outcome) -> Outcome
    ) throws(CadenceCodingError) -> CadenceValue {
        let decoder = pool.withLock { $0.popLast() } ?? Decoder()
        let outcome = lend { decoder.outcome(of: $0, forms: forms, limits: limits) }
        pool.withLock { if $0.count < 16 { $0.append(decoder) } }
        return try outcome.get()
    }

    /// Decoders that nobody uses at the moment, with their buffers.
    private static let pool = Mutex<[Decoder]>([])

    /// Keeps its buffers and what it knows of composite types from one text to the next.
    ///
    /// Sendable without a lock, because it has one owner at a time: the pool, or the one call that took it out.
    final class Decoder: @unchecked Sendable {
        private var tape = JSONTape()
        private let layouts = JSONLayoutCache()

        func outcome(
            of bytes: UnsafeRawBufferPointer, forms: Forms, limits: Limits
        ) -> Result<CadenceValue, CadenceCodingError> {
            do throws(CadenceCodingError) { return .success(try decode(bytes, forms: forms, limits: limits)) } catch {
                return .failure(error)
            }
        }

        func decode(
            _ bytes: UnsafeRawBufferPointer, forms: Forms, limits: Limits
        ) throws(CadenceCodingError) -> CadenceValue {
            if bytes.count > limits.bytes {
                throw CadenceCodingError(.limit, "\(bytes.count) bytes are more than \(limits.bytes)")
            }
            defer { tape.shrink() }
            do {
                _ = try tape.read(bytes, depth: limits.depth, elements: limits.elements)
            } catch {
                throw CadenceCodingError(error.isLimit ? .limit : .json, error.reason.description, offset: error.offset)
            }
            let view = tape.view(of: bytes)
            do throws(JSONFailure) {
                return try JSONValueReader(view: view, layouts: layouts, forms: forms).value(0)
            } catch {
                throw CadenceCodingError(
                    .json, error.reason, path: view.path(to: error.index), offset: Int(view[error.index].start))
            }
        }
    }
}

/// What was wrong, and at which entry of the tape.
struct JSONFailure: Error {
    var index: Int
    var reason: String

    @inline(never)
    init(_ index: Int, _ reason: String) {
        self.index = index
        self.reason = reason
    }
}
