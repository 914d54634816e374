/// What figures are measured with: made when the first figure asks for it.
final class Tools: @unchecked Sendable {
    // Sendable because the figures are measured one after the other.
    /// The core on which this process and its Python peer compute. Servers have the others.
    let core: Int32
    private var serverMade: BenchServer?
    private var pythonMade: PythonPeer??

    init(core: Int32) { self.core = core }

    /// Nil where Python or its packages are absent.
    func python() throws -> PythonPeer? {
        if let made = pythonMade { return made }
        let made = try PythonPeer()
        pythonMade = .some(made)
        return made
    }

    func server() throws -> BenchServer {
        if let made = serverMade { return made }
        let made = try BenchServer(offCore: core)
        serverMade = made
        return made
    }

    func end() {
        serverMade?.end()
        if case .some(.some(let python)) = pythonMade { python.end() }
    }
}
