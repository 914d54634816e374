import Cadence
import Daemon
package import Encoding
import FlowClient
import FoundationEssentials
import HTTP
package import Indexer

/// Who owns what. Every answer names the height it speaks of.
extension ControlPort {
    func addOwnershipRoutes(to router: inout Router) {
        router.get("/v1/ownership/wallets/{address}") { request in
            try await holdings(of: contracts.owner(at: try address(request)), request)
        }
        router.get("/v1/ownership/lockers/{holder}") { request in
            try await holdings(of: .locker(holder: request.parameters["holder"] ?? ""), request)
        }
        router.get("/v1/ownership/tokens/{id}", token)
        router.get("/v1/ownership/tokens/{id}/history", tokenHistory)
        router.get("/v1/ownership/holders/{group}", holders)
        router.get("/v1/ownership/listings", listings)
        router.get("/v1/ownership/balances/{address}") { request in
            let answer = try await ownership.balances(of: try address(request), at: try Self.height(request))
            return .json(
                answer.json {
                    [
                        "balances": .array(
                            $0.map {
                                [
                                    "type": JSON($0.type), "balance": JSON($0.balance), "vaults": JSON($0.vaults),
                                    "events_missing": .bool($0.disagrees),
                                ]
                            })
                    ]
                })
        }
        router.get("/v1/ownership/links/{address}") { request in
            let answer = try await ownership.links(of: try address(request), at: try Self.height(request))
            return .json(
                answer.json {
                    ["links": .array($0.map { ["child": JSON($0.child.hex), "parent": JSON($0.parent.hex)] })]
                })
        }
    }

    private func holdings(of owner: Owner, _ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let answer = try await ownership.holdings(
            of: owner, type: try tokenType(request), at: try Self.height(request), page: try Self.page(request))
        return .json(
            answer.json {
                ["owner": owner.json, "tokens": .array($0.items.map(\.json)), "next": JSON($0.next)]
            })
    }

    /// One token's owner. A token that nobody has is an answer with a null owner; one that was never seen is 404.
    @Sendable private func token(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let key = try await tokenKey(request)
        let answer = try await ownership.owner(of: key, at: try Self.height(request))
        if answer.value != nil { return .json(answer.json { ["token": $0?.json ?? .null] }) }
        guard try await ownership.history(of: key).value != nil else { throw noToken(request) }
        return .json(answer.json { _ in ["token": .null] })
    }

    @Sendable private func tokenHistory(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let key = try await tokenKey(request)
        let answer = try await ownership.history(of: key)
        guard let history = answer.value else { throw noToken(request) }
        return .json(
            answer.json { _ in
                [
                    "contract": JSON(key.type), "id": JSON(key.id),
                    "minted_height": JSON(history.mintedHeight.rawValue),
                    "destroyed_height": history.destroyedHeight.map { JSON($0.rawValue) } ?? .null,
                    "owners": .array(history.spans.map(\.json)),
                ]
            })
    }

    private func noToken(_ request: HTTPServerRequest) -> ProblemDocument {
        Problems.notFound("no token \(request.parameters["id"] ?? "") has been seen")
    }

    @Sendable private func holders(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let answer = try await ownership.holders(
            of: request.parameters["group"] ?? "",
            minimum: try Self.wholeQuery(request, "minimum", in: 1...1_000_000) ?? 1,
            at: try Self.height(request), page: try Self.page(request))
        return .json(
            answer.json {
                [
                    "holders": .array(
                        $0.items.map {
                            [
                                "owner": $0.owner.json, "count": JSON($0.count),
                                "tokens": .array($0.tokens.map { JSON($0) }),
                            ]
                        }),
                    "next": JSON($0.next),
                ]
            })
    }

    @Sendable private func listings(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let answer = try await ownership.openListings(at: try Self.height(request), page: try Self.page(request))
        return .json(
            answer.json { page in
                [
                    "listings": .array(
                        page.items.map {
                            [
                                "id": JSON($0.id), "token_id": JSON($0.token.id), "storefront": JSON($0.storefront.hex),
                                "price": JSON($0.price), "expires_at": JSON(RFC3339.format($0.expiresAt)),
                            ]
                        }),
                    "next": JSON(page.next),
                ]
            })
    }

    /// `contract=NovaPass`, `contract=NovaCollectible`, or a full type id. Nil: not said.
    private func tokenType(_ request: HTTPServerRequest) throws -> String? {
        guard let name = request.query("contract") else { return nil }
        switch name {
        case "NovaPass": return contracts.passType
        case "NovaCollectible": return contracts.collectibleType
        default:
            guard contracts.tokenTypes.contains(name) else {
                throw Problems.badParameter(
                    "contract",
                    "must be NovaPass, NovaCollectible or one of \(contracts.tokenTypes.joined(separator: ", "))")
            }
            return name
        }
    }

    /// Of the contract that is named, or else of the one that has such a token.
    private func tokenKey(_ request: HTTPServerRequest) async throws -> TokenKey {
        guard let id = UInt64(request.parameters["id"] ?? "") else {
            throw Problems.badParameter("id", "must be a token id: a whole number from 0 to 18446744073709551615")
        }
        if let type = try tokenType(request) { return TokenKey(type: type, id: id) }
        let types = contracts.tokenTypes
        guard types.count != 1 else { return TokenKey(type: types[0], id: id) }
        let seen = try await ownership.types(types, havingToken: id)
        guard seen.count <= 1 else {
            throw Problems.badParameter(
                "contract", "must be said: \(seen.joined(separator: " and ")) each have a token \(id)")
        }
        guard let type = seen.first else {
            // Nobody has seen it. Where a contract's past is not known, nobody can say more.
            for type in types { _ = try await ownership.owner(of: TokenKey(type: type, id: id)) }
            throw noToken(request)
        }
        return TokenKey(type: type, id: id)
    }

    static func height(_ request: HTTPServerRequest) throws -> HeightQuestion {
        guard let text = request.query("height") else { return .latest }
        guard let height = UInt64(text) else { throw Problems.badParameter("height", "must be a block height") }
        return .at(BlockHeight(height))
    }

    private static func page(_ request: HTTPServerRequest) throws -> PageRequest {
        PageRequest(limit: try wholeQuery(request, "limit", in: 1...10_000) ?? 1000, after: request.query("cursor"))
    }
}

extension AsOf {
    /// The answer's own members behind the block that it speaks of.
    package func json(_ members: (Value) -> JSON) -> JSON {
        let block: [JSON.Member] = [
            .init("height", JSON(height.rawValue)), .init("block_id", JSON(blockID.hex)),
            .init("block_time", JSON(RFC3339.format(producedAt))),
            .init("age_seconds", JSON(max(0, Date().timeIntervalSince(producedAt)).rounded())),
            .init("complete", .bool(gaps.isEmpty)),
        ]
        let standby: [JSON.Member] = standbyLag.map { [.init("standby_lag_heights", JSON($0))] } ?? []
        let missing: [JSON.Member] = standby + (gaps.isEmpty ? [] : [.init("not_covered", .array(gaps.map(\.json)))])
        return .object(block + missing + (members(value).object ?? []))
    }
}

extension Owner {
    package var json: JSON {
        switch self {
        case .wallet(let address): ["kind": "wallet", "address": JSON(address.hex)]
        case .treasury(let address): ["kind": "treasury", "address": JSON(address.hex)]
        case .locker(let holder): ["kind": "locker", "holder": JSON(holder)]
        case .limbo: ["kind": "limbo"]
        }
    }
}

extension OwnedToken {
    package var json: JSON {
        [
            "contract": JSON(token.type), "id": JSON(token.id), "owner": owner.json, "group": JSON(group),
            "release": JSON(release), "serial": serial.map { JSON($0) } ?? .null,
            "from_height": JSON(from.height.rawValue), "to_height": to.map { JSON($0.height.rawValue) } ?? .null,
        ]
    }
}
