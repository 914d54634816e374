/// Why a transaction or a script failed, in the words of the virtual machine (onflow/flow-go:fvm/errors): the first
/// `[Error Code: …]` is the root cause, those after it say where it surfaced.
struct ExecutionFailure: Error {
    var code: Int
    /// With the codes in it.
    var text: String

    /// The text as a transaction's result has it. `stage` says what was being done.
    func message(stage: String?) -> String {
        let place = stage.map { $0 + ": " } ?? ""
        return "[Error Code: \(code)] error caused by: 1 error occurred:\n\t* \(place)\(text)\n\n"
    }

    init(_ code: Int, _ text: String) {
        self.code = code
        self.text = "[Error Code: \(code)] \(text)"
    }

    /// An error that surfaced as another: `text` begins with the outer one's code.
    init(root code: Int, surfacing text: String) {
        self.code = code
        self.text = text
    }

    /// An import by name that nothing resolved (onflow/flow-go:fvm/environment/contract_reader.go).
    static func invalidLocation(_ name: String) -> ExecutionFailure {
        ExecutionFailure(
            1054,
            "location (\(name)) is not a valid location: expecting an AddressLocation, but other location types are passed"
        )
    }

    static let hint =
        "\nWas this error unhelpful?\nConsider suggesting an improvement here: https://github.com/onflow/cadence/issues.\n"

    /// A Cadence error: `error: ` and the message, where it arose, and whence that was called, outermost first.
    static func cadence(_ message: String, frames: [SourceExcerpt], root: Int = 1101) -> ExecutionFailure {
        var report = frames.dropLast().map(\.text).joined(separator: "\n")
        if !report.isEmpty { report += "\n" }
        report += "error: \(message)\n" + (frames.last?.text ?? "")
        return ExecutionFailure(
            root: root, surfacing: "[Error Code: 1101] cadence runtime error: Execution failed:\n\(report)\(hint)")
    }

    /// A Cadence error of a whole program, which has a location and no line.
    static func cadence(_ message: String, program location: String, root: Int = 1101) -> ExecutionFailure {
        ExecutionFailure(
            root: root,
            surfacing:
                "[Error Code: 1101] cadence runtime error: Execution failed:\nerror: \(message)\n--> \(location)\n\(hint)"
        )
    }
}
