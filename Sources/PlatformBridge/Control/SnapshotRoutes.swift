import Encoding
import HTTP
import Indexer

/// Who held a pass, a collectible or a contract's tokens after a block, as a file that stays the same.
extension ControlPort {
    func addSnapshotRoutes(to router: inout Router) {
        router.get("/v1/snapshots/{group}") { [self] request in
            let group = request.parameters["group"] ?? ""
            let minimum = try Self.wholeQuery(request, "minimum", in: 1...1_000_000) ?? 1
            let format = request.query("format") ?? "json"
            guard ["json", "csv"].contains(format) else { throw Problems.badParameter("format", "must be json or csv") }
            var lines: [SnapshotLine] = []
            let snapshot = try await Snapshot.make(
                of: group, minimum: minimum, at: try Self.height(request), from: ownership
            ) { line in
                guard lines.count < Self.maximumHolders else {
                    throw Problems.badParameter(
                        "group", "has more than \(Self.maximumHolders) holders: weir snapshot writes them to a file")
                }
                lines.append(line)
            }
            let about = try await snapshot.json(signedBy: wallets.receipts)
            if format == "csv" {
                var response = HTTPServerResponse.text(
                    ([Snapshot.header] + lines.map(\.text)).joined(separator: "\n") + "\n")
                response.headers["Content-Type"] = "text/csv; charset=utf-8; header=present"
                for (name, header) in [("height", "Height"), ("root", "Root"), ("jws", "Signature")] {
                    if let value = about.first(where: { $0.name == name })?.value {
                        response.headers["Weir-Snapshot-\(header)"] = value.string ?? value.text
                    }
                }
                return response
            }
            let holders = lines.map { line -> JSON in
                ["kind": JSON(line.kind.rawValue), "owner": JSON(line.owner), "tokens": JSON(line.tokens)]
            }
            return .json(.object(about + [.init("lines", .array(holders))]))
        }
        router.get("/v1/snapshots/{group}/proofs/{owner}") { [self] request in
            let group = request.parameters["group"] ?? ""
            let owner = try snapshotOwner(request)
            let proof = try await SnapshotProof.make(
                for: owner, of: group, minimum: try Self.wholeQuery(request, "minimum", in: 1...1_000_000) ?? 1,
                at: try Self.height(request), from: ownership)
            guard let proof else {
                throw Problems.notFound("\(request.parameters["owner"] ?? "") is not among the holders")
            }
            return .json(.object(try await proof.snapshot.json(signedBy: wallets.receipts) + proof.json))
        }
    }

    private static let maximumHolders = 100_000

    /// An address, or `locker:HOLDER`.
    private func snapshotOwner(_ request: HTTPServerRequest) throws -> Owner {
        guard let owner = Owner(asked: request.parameters["owner"] ?? "") else {
            throw Problems.badParameter("owner", "must be an address or locker:HOLDER")
        }
        return owner
    }
}
