import Cadence
import FlowClient

/// cadence/contracts/NovaBrand.cdc, function by function.
struct NovaBrandContract {
    let execution: Execution
    let address: Address

    var location: ContractLocation { ContractLocation(address, "NovaBrand") }
    private var contract: NovaBrandState { execution.state.brandContracts[address] ?? NovaBrandState() }

    func isActive(_ id: String) -> Bool { contract.isActive(id) }

    func createBrand(id: String, name: String, operation: String) throws {
        guard contract.brands[id] == nil else { return try reject(operation, id, "exists") }
        execution.state.brandContracts[address]?.brands[id] = .init(name: name, status: 2)
        try execution.emit(
            "BrandCreated", of: location, .string("brandID", id), .string("name", name), .string("operation", operation)
        )
    }

    func setBrandStatus(id: String, status: UInt8, operation: String) throws {
        guard status <= 5 else { return try reject(operation, id, "bad_status") }
        guard contract.brands[id] != nil else { return try reject(operation, id, "unknown_brand") }
        execution.state.brandContracts[address]?.brands[id]?.status = status
        try execution.emit(
            "BrandStatusChanged", of: location, .string("brandID", id), .uint8("status", status),
            .string("operation", operation))
    }

    struct Submission {
        var id: String
        var campaignID: String
        var brandID: String
        var submitter: String
        var contentHash: String
    }

    func createSubmission(_ submission: Submission, operation: String) throws {
        guard contract.submissions[submission.id] == nil else { return try reject(operation, submission.id, "exists") }
        guard isActive(submission.brandID) else { return try reject(operation, submission.id, "inactive_brand") }
        execution.state.brandContracts[address]?.submissions[submission.id] = true
        try execution.emit(
            "SubmissionCreated", of: location, .string("submissionID", submission.id),
            .string("campaignID", submission.campaignID), .string("brandID", submission.brandID),
            .string("submitter", submission.submitter), .string("contentHash", submission.contentHash),
            .string("operation", operation))
    }

    private func reject(_ operation: String, _ item: String, _ reason: String) throws {
        try execution.emit(
            "Rejected", of: location, .string("operation", operation), .string("item", item), .string("reason", reason))
    }
}
