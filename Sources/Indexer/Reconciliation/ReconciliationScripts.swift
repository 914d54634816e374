package import Cadence
import FlowClient

/// The chain's own word, by cadence/scripts: sources with their imports resolved for the network at hand.
package struct ReconciliationScripts: Sendable {
    package var holdings: [UInt8]
    package var holds: [UInt8]
    package var lockers: [UInt8]
    package var listings: [UInt8]

    /// - Throws: `FlowJSONError` for a contract without an address.
    package init(contractAddresses addresses: [String: Address]) throws {
        func source(_ name: String) throws -> [UInt8] {
            guard let source = CadenceSources.scripts[name] else {
                throw IndexerError(.badRequest, "there is no script \(name)")
            }
            return Array(try CadenceImports.resolve(source, addresses: addresses).utf8)
        }
        holdings = try source("holdings")
        holds = try source("holds")
        lockers = try source("lockers")
        listings = try source("listings")
    }
}
