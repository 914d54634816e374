import Cadence
import Daemon
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import Indexer
import Postgres
import Signer
import Submitter

/// Wallets in one call: a nonce, then what the wallet signed; the answer says whose it is, whether the gate is open, and
/// hands out a receipt.
extension ControlPort {
    func addWalletRoutes(to router: inout Router) {
        router.post("/v1/wallets/nonce", issueNonce)
        router.post("/v1/wallets/verify", verifyWallet)
        router.get("/v1/wallets/{address}") { [self] request in
            let address = try address(request)
            guard let link = try await walletLinks.link(address, tenant: tenant(of: request)) else {
                throw Problems.notFound("0x\(address.hex) is linked to nobody")
            }
            return .json(link.json)
        }
        router.delete("/v1/wallets/{address}") { [self] request in
            let address = try address(request)
            guard
                try await walletLinks.unlink(address, tenant: tenant(of: request), actor: actor(of: request))
            else { throw Problems.notFound("0x\(address.hex) is linked to nobody") }
            return .noContent
        }
        router.get("/v1/people/{person}/wallets") { [self] request in
            let person = request.parameters["person"] ?? ""
            let links = try await walletLinks.links(of: person, tenant: tenant(of: request))
            return .json(["wallets": .array(links.map(\.json))])
        }
        router.delete("/v1/people/{person}") { [self] request in
            let count = try await walletLinks.erase(
                request.parameters["person"] ?? "", tenant: tenant(of: request), actor: actor(of: request))
            return .json(["links_erased": JSON(count)])
        }
        router.get("/v1/gates/{group}/{address}") { [self] request in
            let minimum = try Self.wholeQuery(request, "minimum", in: 1...1_000_000) ?? 1
            let gate = try await gate(
                request.parameters["group"] ?? "", minimum, try address(request), at: try Self.height(request))
            return .json(gate)
        }
        router.get("/v1/receipts/keys") { [self] _ in
            .json([
                "keys": .array(
                    try wallets.receipts.map { [try JSON(parsing: Array(JSONWebKey($0.publicKey).json.utf8))] } ?? [])
            ])
        }
        router.get("/v1/audit") { [self] request in
            let limit = try Self.wholeQuery(request, "limit", in: 1...1000) ?? 100
            let before = try Self.wholeQuery(request, "cursor", in: 0...Int.max) ?? Int.max
            let page = try await AuditLog(pool: pool).entries(
                tenant: tenant(of: request), before: Int64(before), limit: limit)
            return .json(["entries": .array(page), "next": page.count == limit ? page.last?["id"] ?? .null : .null])
        }
    }

    /// For a wallet that proves its account as FCL's account proof does, or signs the message.
    @Sendable private func issueNonce(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        var reader = PayloadReader(try Self.body(of: request), path: "")
        let person = reader.key("person")
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        let (nonce, expires) = try await walletLinks.issueNonce(to: person, tenant: tenant(of: request))
        return .json(
            [
                "nonce": JSON(Hex.encode(nonce)), "app_identifier": JSON(wallets.appIdentifier),
                "message": JSON(message(for: Hex.encode(nonce))), "expires_at": JSON(RFC3339.format(expires)),
            ], status: 201)
    }

    /// What a wallet without account proofs signs as a user's message.
    private func message(for nonce: String) -> String {
        "\(wallets.appIdentifier) asks you to link this wallet.\nNonce: \(nonce)"
    }

    @Sendable private func verifyWallet(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        guard let verifier = wallets.verifier else {
            throw Problems.unavailable("this process has no node to read keys from")
        }
        let asked = try read(request)
        let tenant = try tenant(of: request)
        let person: String
        switch try await walletLinks.person(of: asked.nonce, tenant: tenant) {
        case .success(let known): person = known
        case .failure(let refusal): throw Self.refused(refusal.rawValue)
        }
        let proof: WalletVerifier.Proof
        do {
            proof =
                asked.isMessage
                ? try await verifier.verifyUserMessage(
                    Array(message(for: Hex.encode(asked.nonce)).utf8), address: asked.address,
                    signatures: asked.signatures)
                : try await verifier.verifyAccountProof(
                    appIdentifier: wallets.appIdentifier, address: asked.address, nonce: asked.nonce,
                    signatures: asked.signatures)
        } catch let refusal as ProofRefusal {
            _ = try await walletLinks.burn(asked.nonce, tenant: tenant)
            throw Self.refused(refusal.description)
        } catch let error as AccessError {
            // It says nothing of the signatures: the nonce is good for another try.
            logger.warning("a wallet's keys could not be read", ["error": "\(error)"])
            throw Problems.unavailable("the account's keys could not be read from the chain")
        }
        // Before anything is stored: an answer that can't be whole changes nothing.
        var gate: JSON?
        if let (group, minimum) = asked.gate {
            gate = try await self.gate(group, minimum, asked.address, at: .latest)
        }
        guard
            try await walletLinks.link(
                asked.address, to: person, provenAt: proof.height, by: asked.nonce, tenant: tenant,
                actor: actor(of: request))
        else { throw Self.refused(WalletLinks.NonceRefusal.used.rawValue) }
        var answer: [JSON.Member] = [
            .init("linked", .bool(true)), .init("person", JSON(person)),
            .init("address", JSON("0x" + asked.address.hex)),
            .init("proof", ["height": JSON(proof.height.rawValue), "weight": proof.weight.map { JSON($0) } ?? .null]),
        ]
        if let gate { answer.append(.init("gate", gate)) }
        answer.append(.init("receipt", JSON(try await receipt(answer))))
        return .json(.object(answer))
    }

    private struct Asked {
        var nonce: [UInt8]
        var address: Address
        var signatures: [CompositeSignature]
        var isMessage: Bool
        var gate: (group: String, minimum: Int)?
    }

    private func read(_ request: HTTPServerRequest) throws -> Asked {
        let body = try Self.body(of: request)
        var reader = PayloadReader(body, path: "")
        let nonce = Hex.decode(reader.text("nonce", maximumLength: 200)) ?? []
        if nonce.count != 32, reader.has("nonce") { reader.reject("nonce", "must be 64 hex digits") }
        let address = reader.address("address", on: planner.chain)
        let way = reader.optionalText("by", maximumLength: 100) ?? "account_proof"
        if !["account_proof", "user_signature"].contains(way) {
            reader.reject("by", "must be account_proof or user_signature")
        }
        var signatures: [CompositeSignature] = []
        reader.each("signatures", maximumCount: 100) { element, path in
            do {
                signatures.append(
                    try JSONDecoder().decode(CompositeSignature.self, from: Data(element.bytes)))
                return []
            } catch {
                return [Violation(path, "must be a CompositeSignature with addr, keyId and signature in hex")]
            }
        }
        var gate: (String, Int)?
        if let given = reader.optionalValue("gate") {
            var inner = PayloadReader(given, path: "gate")
            let group = inner.shortUUID("group")
            gate = (group, inner.optionalWhole("minimum", in: 1...1_000_000).map { Int($0) } ?? 1)
            inner.finish()
            for violation in inner.violations { reader.reject(violation.field, violation.rule) }
        }
        reader.finish()
        guard reader.violations.isEmpty else { throw Problems.invalid(reader.violations) }
        return Asked(
            nonce: nonce, address: address, signatures: signatures, isMessage: way == "user_signature", gate: gate)
    }

    /// How many tokens of a pass or a collectible the wallet holds, and whether that is enough.
    private func gate(
        _ group: String, _ minimum: Int, _ address: Address, at height: HeightQuestion
    ) async throws -> JSON {
        let gate = try await ownership.gate(group, minimum: minimum, .wallet(address), at: height)
        return gate.json {
            [
                "group": JSON(group), "address": JSON("0x" + address.hex), "minimum": JSON(minimum),
                "count": JSON($0.count), "open": .bool($0.isOpen),
            ]
        }
    }

    /// What the answer says, signed; nil where `receipts.key` names no key.
    private func receipt(_ answer: [JSON.Member]) async throws -> String? {
        guard let receipts = wallets.receipts else { return nil }
        let now = Int64(Date().timeIntervalSince1970)
        let claims = JSON.object(
            [.init("iss", JSON(wallets.appIdentifier)), .init("iat", JSON(now)), .init("exp", JSON(now + 86_400))]
                + answer)
        return try await Attestation.sign(claims: claims.bytes, with: receipts)
    }

    func address(_ request: HTTPServerRequest) throws -> Address {
        guard let address = Address(request.parameters["address"] ?? ""), address.isValid(on: planner.chain) else {
            throw Problems.badParameter("address", "must be an address of \(planner.chain): 1 to 16 hex digits")
        }
        return address
    }

    /// Who stands in the audit for the request.
    func actor(of request: HTTPServerRequest) -> String {
        tokens?.caller(Admission.token(in: request.headers))?.tokenID ?? "owner"
    }

    /// Notes what was done at somebody's request.
    func audit(_ request: HTTPServerRequest, _ action: String, _ subject: String, after: JSON = .null) async throws {
        let (tenant, actor) = (try tenant(of: request), actor(of: request))
        try await pool.withTransaction {
            try await AuditLog.add(
                tenant: tenant, actor: actor, action: action, subject: subject, after: after, on: $0)
        }
    }

    private static func refused(_ reason: String) -> ProblemDocument {
        ProblemDocument(
            status: 403, type: Problems.base + "wallet-refused", title: "The wallet did not prove its account",
            detail: reason)
    }
}

extension WalletLinks.Link {
    var json: JSON {
        [
            "address": JSON("0x" + address), "person": JSON(person), "linked_at": JSON(RFC3339.format(linkedAt)),
            "proof_height": JSON(proofHeight.rawValue),
        ]
    }
}
