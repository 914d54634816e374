import Glibc

/// SwiftPM renames an executable's main function after its module and libFuzzer's own main is not linked then, so the name is exported here and
/// libFuzzer's driver called from it.
///
///     Fuzz TARGET [libFuzzer's arguments]      Fuzz --list      Fuzz --seeds TARGET FOLDER
@_cdecl("Fuzz_main")
public func fuzzMain(_ count: CInt, _ values: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    let arguments = (1..<Int(count)).compactMap { values[$0].map { String(cString: $0) } }
    if arguments.first == "--list" {
        for name in targets.keys.sorted() { print(name) }
        return 0
    }
    if arguments.first == "--seeds", arguments.count == 3 {
        for (number, seed) in seeds(for: arguments[1]).enumerated() {
            guard let file = fopen("\(arguments[2])/seed-\(number)", "wb") else { return 1 }
            fwrite(seed, 1, seed.count, file)
            fclose(file)
        }
        return 0
    }
    guard let name = arguments.first, let target = targets[name] else {
        print("there is no such target; there are: \(targets.keys.sorted().joined(separator: ", "))")
        return 2
    }
    chosen = target
    // libFuzzer does not see the target's name.
    var rest: [UnsafeMutablePointer<CChar>?] = [values[0]] + (2..<max(2, Int(count))).map { values[$0] } + [nil]
    var restCount = CInt(rest.count - 1)
    return rest.withUnsafeMutableBufferPointer { buffer in
        var start = buffer.baseAddress!
        return LLVMFuzzerRunDriver(&restCount, &start) { bytes, count in
            chosen(UnsafeRawBufferPointer(start: bytes, count: count))
            return 0
        }
    }
}

/// Set once, before the driver starts; libFuzzer calls on one thread.
nonisolated(unsafe) private var chosen: (UnsafeRawBufferPointer) -> Void = { _ in }

@_silgen_name("LLVMFuzzerRunDriver")
private func LLVMFuzzerRunDriver(
    _: UnsafeMutablePointer<CInt>, _: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _: @convention(c) (UnsafePointer<UInt8>, Int) -> CInt
) -> CInt
