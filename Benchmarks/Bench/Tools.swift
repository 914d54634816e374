import CMeasure
import Foundation

/// What figures are measured with: made when the first figure asks for it.
final class Tools: @unchecked Sendable {
    // Sendable because the figures are measured one after the other.
    /// The core on which this process and its Python peer compute.
    let core: Int32
    private var serversMade: [BenchServer.Place: BenchServer] = [:]
    private var pythonMade: PythonPeer??

    init(core: Int32) { self.core = core }

    /// Nil where Python or its packages are absent.
    func python() throws -> PythonPeer? {
        if let made = pythonMade { return made }
        let made = try PythonPeer()
        pythonMade = .some(made)
        return made
    }

    func server(_ place: BenchServer.Place) throws -> BenchServer {
        if let made = serversMade[place] { return made }
        let made = try BenchServer(place, core: core)
        serversMade[place] = made
        return made
    }

    func end() {
        for server in serversMade.values { server.end() }
        if case .some(.some(let python)) = pythonMade { python.end() }
    }
}

/// Where this process computes.
enum Cores {
    /// All threads, and all that they start, on one core; on every core where it is nil.
    static func keep(on core: Int32?) {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        for thread in threads.compactMap({ Int32($0) }) { _ = weir_thread_on(thread, core ?? -1) }
    }
}
