package import Encoding
import FoundationEssentials
import HTTP
package import Submitter

/// The body of an enqueue call: an operation to be, or what is wrong with it.
package struct EnqueueRequest: Sendable {
    package enum Reading: Sendable {
        case operation(NewOperation)
        case invalid([Violation])
    }

    /// - Parameter idempotencyKey: from the Idempotency-Key header; the body's own `idempotency_key` stands in for it.
    package static func read(
        _ body: JSON, path: String = "", idempotencyKey header: String?, tenant: String, planner: OperationPlanner
    ) -> Reading {
        var reader = PayloadReader(body, path: path)
        let typeName = reader.text("type", maximumLength: 100)
        let type = OperationType(rawValue: typeName)
        if type == nil, !typeName.isEmpty {
            let known = OperationType.allCases.map(\.rawValue).joined(separator: ", ")
            reader.reject("type", "\"\(typeName.prefix(50))\" is not an operation type (types: \(known))")
        }
        let bodyKey = reader.optionalText("idempotency_key", maximumLength: 255)
        if let header, let bodyKey, header != bodyKey {
            reader.reject("idempotency_key", "differs from the Idempotency-Key header")
        }
        let key = header ?? bodyKey ?? ""
        if key.isEmpty {
            reader.reject("idempotency_key", "is required, here or as the Idempotency-Key header")
        } else if key.utf8.count > 255 {
            reader.reject("idempotency_key", "must have at most 255 bytes")
        }
        let priority = reader.optionalWhole("priority", in: 0...100) ?? 0
        let notBefore = reader.optionalDate("not_before")
        reader.knows("payload")
        reader.finish()

        let payload = body["payload"] ?? .null
        var violations = reader.violations
        var items: [NewItem]? = []
        if let type {
            switch planner.plan(type, payload: payload) {
            case .items(let planned): items = planned
            case .invalid(let more):
                violations += more.map { Violation(path.isEmpty ? $0.field : "\(path).\($0.field)", $0.rule) }
            case .sweep: items = nil
            }
        }
        guard violations.isEmpty else { return .invalid(violations) }
        return .operation(
            NewOperation(
                type: typeName, tenant: tenant, payload: payload.canonical.text, idempotencyKey: key,
                priority: Int16(priority), notBefore: notBefore,
                items: items))
    }
}
