import FlowClient
import Signer
import Synchronization
import Testing

@testable import Submitter

/// A key as a key management service keeps it: no two signatures are alike, and sometimes there is none.
private final class ServiceSigner: TransactionSigner {
    private let inner: InMemorySigner
    private let state: Mutex<(count: Int, failures: Int)>

    init(_ inner: InMemorySigner, failures: Int = 0) {
        self.inner = inner
        state = Mutex((0, failures))
    }

    var publicKey: PublicKey { inner.publicKey }
    var hashAlgorithm: HashAlgorithm { inner.hashAlgorithm }
    var isDeterministic: Bool { false }
    var count: Int { state.withLock { $0.count } }

    func sign(_ message: [UInt8]) async throws -> [UInt8] {
        let signature = try inner.signNow(message)
        let isOdd = try state.withLock { state in
            state.count += 1
            if state.failures > 0 {
                state.failures -= 1
                throw SignerError(.unavailable, "the service is busy")
            }
            return state.count % 2 == 1
        }
        // The other S is as good a signature of the same message.
        return isOdd ? Array(signature[..<32]) + negated(Array(signature[32...])) : signature
    }
}

@Suite(.timeLimit(.minutes(3))) struct ServiceSignerTests {
    @Test(arguments: CrashPoint.allCases)
    func `a key that never signs twice alike loses nothing and does nothing twice`(point: CrashPoint) async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let signer = ServiceSigner(bench.signer)
            let first = try await bench.submitter(crash: RecoveryTests.crashing(at: point)) { $0.signers = [signer] }
            let id = try await bench.enqueue("airdrop_pass", bench.airdrops(300))
            var crashed = false
            for _ in 0..<20 where !crashed {
                do { try await bench.round(first) } catch is SimulatedCrash { crashed = true }
            }
            #expect(crashed)
            let second = try await bench.submitter(adjust: { $0.signers = [signer] })
            let status = try await bench.finish(id, second)
            #expect(status.outcome == .done && status.items.done == 300)
            #expect(try await bench.events("Held", id) == 300)
            #expect(try await bench.expectTidy() == [])
            // What is recorded is what was sent: nothing was signed anew to be sent again.
            #expect(try await bench.count("attempts") == 2)
        }
    }

    @Test func `while the service does not sign, everything waits, and nothing is left half done`() async throws {
        try await Bench.with { bench in
            try await bench.prepareChain()
            let signer = ServiceSigner(bench.signer, failures: 3)
            let submitter = try await bench.submitter(adjust: { $0.signers = [signer] })
            let id = try await bench.enqueue("drop", bench.drops(5))
            for _ in 0..<3 {
                let error = await #expect(throws: SignerError.self) { try await bench.round(submitter) }
                #expect(error?.code == .unavailable)
                #expect(try await bench.count("attempts") == 0)
                #expect(try await bench.expectTidy() == [])
            }
            let status = try await bench.finish(id, submitter)
            #expect(status.outcome == .done && status.items.done == 5)
            #expect(status.attempts == 1 && signer.count == 4)
            #expect(try await bench.expectTidy() == [])
        }
    }
}
