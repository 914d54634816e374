/// What went wrong in taking in or carrying out operations. `description` is safe to log and to show.
package struct SubmitterError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }

        /// The idempotency key came before with another type or payload.
        package static let idempotencyConflict = Code(rawValue: "idempotency_conflict")
        package static let invalidOperation = Code(rawValue: "invalid_operation")
        package static let unknownOperation = Code(rawValue: "unknown_operation")
        /// What was asked for is not possible in the state that the operation is in.
        package static let wrongState = Code(rawValue: "wrong_state")
        /// Another process has taken this worker's place; what it had is no longer ours to finish.
        package static let fenced = Code(rawValue: "fenced")
        /// The chain's account does not have what is configured: key, weight, signer.
        package static let account = Code(rawValue: "account")
        /// What the chain says and what is recorded cannot both be true.
        package static let contradiction = Code(rawValue: "contradiction")
    }

    package var code: Code
    package var message: String
    /// The operation that is meant or that stands in the way.
    package var operation: OperationID?

    package init(_ code: Code, _ message: String, operation: OperationID? = nil) {
        self.code = code
        self.message = message
        self.operation = operation
    }

    package var description: String {
        operation.map { "\(code.rawValue): \(message) (\($0))" } ?? "\(code.rawValue): \(message)"
    }
}
