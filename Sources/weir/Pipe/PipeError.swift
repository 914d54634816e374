import FlowClient

/// Why a line could not be answered: what is wrong, where.
struct PipeError: Error, Hashable, Sendable, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
