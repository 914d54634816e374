import Cadence
import Daemon
import Devnet
import Encoding
import FlowClient
import FoundationEssentials
import HTTP
import PlatformBridge
import Signer

/// A small story on real parts: a brand, its pass, a release, airdrops to wallets and to users without one, a
/// collectible, a drop, a claim; then who owns what, by the database and by the chain.
///
/// Names are new each time it is told, so it can be told any number of times to one chain.
struct Story: Sendable {
    let control: ControlClient
    /// Makes the users' accounts and sends what they sign themselves.
    let bootstrap: DevnetBootstrap
    let printer: StoryPrinter
    /// Differs from telling to telling.
    let run = ShortUUID.make()
    /// Users without wallets who get a pass in one call.
    var crowd = 1000

    struct User: Sendable {
        var name: String
        var address: Address
    }

    func tell() async throws {
        let start = ContinuousClock.now
        printer.heading("Users: two with a wallet that is set up, one with a wallet that is not, many with none")
        let ann = try await makeUser("ann", .ecdsaP256, .sha3_256, setUp: true)
        let bob = try await makeUser("bob", .ecdsaSecp256k1, .sha2_256, setUp: true)
        let cleo = try await makeUser("cleo", .ecdsaP256, .sha2_256, setUp: false)

        printer.heading("The platform's operations")
        let (brand, pass, release, collectible) = (
            ShortUUID.make(), ShortUUID.make(), ShortUUID.make(), ShortUUID.make()
        )
        try await operation("create_brand", ["brand_id": JSON(brand), "name": "Café Nova"])
        try await operation(
            "create_pass",
            [
                "pass_id": JSON(pass), "brand_id": JSON(brand), "name": "Nova Gold", "description": "A year of coffee",
                "image": "https://app.example.com/gold.svg",
            ])
        try await operation(
            "schedule_release",
            [
                "release_id": JSON(release), "pass_id": JSON(pass), "supply": JSON(crowd + 50), "mint": 20,
                "price": "12.50",
                "starts_at": "2026-01-01T00:00:00Z", "ends_at": "2099-01-01T00:00:00Z",
            ], note: "20 tokens minted and listed")
        let airdrop = try await operation(
            "airdrop_pass",
            [
                "release_id": JSON(release),
                "recipients": [
                    row("pass-1", address: ann), row("pass-2", address: bob),
                    row("pass-3", address: cleo, holder: "cleo"),
                    row("pass-4", holder: "dora"),
                ],
            ], note: "two to wallets, two to lockers")
        try await operation(
            "airdrop_pass",
            [
                "release_id": JSON(release),
                "recipients": .array((0..<crowd).map { row("crowd-\($0)", holder: "guest-\($0)") }),
            ], note: "\(crowd) recipients in one call")
        try await operation(
            "create_collectible",
            [
                "collectible_id": JSON(collectible), "pass_id": JSON(pass), "brand_id": JSON(brand),
                "activation": "airdrop",
                "name": "First cup", "image": "https://app.example.com/cup.svg",
            ])
        try await operation(
            "drop",
            [
                "collectible_id": JSON(collectible),
                "recipients": [
                    row("drop-1", address: ann), row("drop-2", address: bob), row("drop-3", holder: "dora"),
                ],
            ])
        let annsPass = try tokenOf(airdrop, 0)
        try await operation(
            "claim_token", ["tokens": [["token_id": JSON(annsPass), "pass_id": JSON(pass)]]], note: "ann's token")

        try await showOwnership(pass: pass, token: annsPass, ann: ann)
        try await compare(users: [ann, bob, cleo], holders: ["cleo", "dora", "guest-0", "guest-\(crowd - 1)"])
        printer.line("")
        printer.line(
            "told in \(printer.milliseconds(ContinuousClock.now - start).trimmed())")
    }

    // MARK: Chapters

    private func makeUser(
        _ name: String, _ curve: SignatureAlgorithm, _ hash: HashAlgorithm, setUp: Bool
    ) async throws -> User {
        let signer = InMemorySigner(key: PrivateKey.generate(curve), hashAlgorithm: hash)
        let start = ContinuousClock.now
        let account =
            setUp
            ? try await bootstrap.wallet(signer: signer) : try await bootstrap.makeAccount(signer: signer, flow: 1)
        let padded = name + String(repeating: " ", count: max(0, 6 - name.count))
        printer.line(
            "\(padded)\(account.address)  \(curve.rawValue) with \(hash.rawValue)\(setUp ? ", set up" : ", not set up")"
                + "  \(printer.milliseconds(ContinuousClock.now - start))")
        return User(name: name, address: account.address)
    }

    @discardableResult
    private func operation(_ type: String, _ payload: JSON, note: String = "") async throws -> StoryOperation {
        let done = try await StoryOperation.carryOut(
            type, payload, key: "story-\(run)-\(type)-\(ShortUUID.make())", over: control)
        printer.operation(
            type, id: done.id, transactions: done.transactions, height: done.height, took: done.took, note: note)
        return done
    }

    private func row(_ drop: String, address user: User? = nil, holder: String? = nil) -> JSON {
        var members: [JSON.Member] = [.init("drop_id", JSON("\(run)-\(drop)"))]
        if let user { members.append(.init("address", JSON(user.address.hex))) }
        if let holder { members.append(.init("holder", JSON(self.holder(holder)))) }
        return .object(members)
    }

    /// Holders are new with each telling, as brands are.
    private func holder(_ name: String) -> String { "\(name)-\(run)" }

    private func tokenOf(_ done: StoryOperation, _ ordinal: Int) throws -> UInt64 {
        guard ordinal < done.items.count, let token = done.items[ordinal]["token_id"]?.integer(UInt64.self) else {
            throw StoryError("operation \(done.id) names no token for item \(ordinal)")
        }
        return token
    }

    private func showOwnership(pass: String, token: UInt64, ann: User) async throws {
        printer.heading("Who owns what")
        let mine = try await control.get("/v1/ownership/wallets/\(ann.address.hex)")
        printer.line("ann holds \(summary(of: mine)), as of height \(text(mine["height"]))")
        let owner = try await control.get("/v1/ownership/tokens/\(token)?contract=NovaPass")
        guard owner["token"]?["owner"]?["address"]?.string == ann.address.hex else {
            throw StoryError("token \(token) should be ann's: \(owner.text)")
        }
        printer.line("token \(token) is ann's since height \(text(owner["token"]?["from_height"]))")
        let since = owner["token"]?["from_height"]?.integer(UInt64.self) ?? 0
        let before = try await control.get("/v1/ownership/wallets/\(ann.address.hex)?height=\(since - 1)")
        printer.line("at height \(since - 1) ann held \(summary(of: before))")
        let dora = try await control.get("/v1/ownership/lockers/\(holder("dora"))")
        printer.line("dora has no wallet; her locker holds \(summary(of: dora))")
        let holders = try await control.get("/v1/ownership/holders/\(pass)?limit=10000")
        printer.line("the pass has \(holders["holders"]?.array?.count ?? 0) holders")
    }

    private func summary(of answer: JSON) -> String {
        let tokens = answer["tokens"]?.array ?? []
        let passes = tokens.filter { $0["contract"]?.string?.contains("NovaPass") == true }.count
        return "\(passes) passes and \(tokens.count - passes) collectibles"
    }

    private func text(_ value: JSON?) -> String { value?.text ?? "?" }
}

/// Ids as the platform makes them: 22 characters.
enum ShortUUID {
    private static let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    static func make() -> String { String((0..<22).map { _ in alphabet.randomElement()! }) }
}
