import Cadence
import Encoding
import FoundationEssentials

extension ItemContent {
    /// What the tables hold. The forms that come by the hundred thousand are read without `JSONDecoder`, which takes ten times
    /// as long; whatever is not quite such a form is left to it.
    /// - Throws: `DecodingError`.
    static func read(_ text: String) throws -> ItemContent {
        if let content = plain(text) { return content }
        return try JSONDecoder().decode(ItemContent.self, from: Data(text.utf8))
    }

    private static func plain(_ text: String) -> ItemContent? {
        guard case .object(let members)? = try? JSON(parsing: Array(text.utf8)), members.count == 1,
            let fields = members[0].value.object
        else { return nil }
        let form = Fields(fields)
        switch members[0].name {
        case "airdropPass":
            guard let release = form.text("releaseID"), let drop = form.text("dropID"),
                let recipient = form.address("recipient"), let holder = form.optionalText("holder")
            else { return nil }
            return .airdropPass(releaseID: release, dropID: drop, recipient: recipient, holder: holder)
        case "dropCollectible":
            guard let collectible = form.text("collectibleID"), let drop = form.text("dropID"),
                let recipient = form.address("recipient"), let holder = form.optionalText("holder")
            else { return nil }
            return .dropCollectible(collectibleID: collectible, dropID: drop, recipient: recipient, holder: holder)
        case "createSubmission":
            guard let id = form.text("id"), let campaign = form.text("campaignID"), let brand = form.text("brandID"),
                let submitter = form.text("submitter"), let hash = form.text("contentHash")
            else { return nil }
            return .createSubmission(
                id: id, campaignID: campaign, brandID: brand, submitter: submitter, contentHash: hash)
        case "claimToken":
            guard let id = form["id"]?.uint64, let pass = form.text("passID") else { return nil }
            return .claimToken(id: id, passID: pass)
        default: return nil
        }
    }

    /// Members by name. The outer optional of an answer is "not so", the inner one a value that is none.
    private struct Fields {
        private let members: [JSON.Member]
        init(_ members: [JSON.Member]) { self.members = members }

        subscript(_ name: String) -> JSON? { members.first { $0.name == name }?.value }
        func text(_ name: String) -> String? { self[name]?.string }

        func optionalText(_ name: String) -> String?? {
            guard let value = self[name], !value.isNull else { return .some(nil) }
            return value.string.map { .some($0) }
        }

        func address(_ name: String) -> Address?? {
            guard let text = optionalText(name) else { return nil }
            guard let text else { return .some(nil) }
            return Address(text).map { .some($0) }
        }
    }
}
