// One executable for all figures: `Bench` runs them all, `Bench NAME …` the named ones, `--json` prints one object a line.
// Each family of figures is a file that adds its list here.
let families: [[Figure]] = [CadenceFigures.all]

let arguments = CommandLine.arguments.dropFirst()
let wanted = arguments.filter { !$0.hasPrefix("-") }
let asJSON = arguments.contains("--json")
let figures = families.flatMap { $0 }

for name in wanted where !figures.contains(where: { $0.name.hasPrefix(name) }) {
    print("there is no figure \(name); there are:\n" + figures.map { "  \($0.name)" }.joined(separator: "\n"))
}
for figure in figures where wanted.isEmpty || wanted.contains(where: { figure.name.hasPrefix($0) }) {
    let value = try await figure.measure()
    if asJSON {
        print(#"{"figure":"\#(figure.name)","value":\#(value),"unit":"\#(figure.unit)"}"#)
    } else {
        let name = figure.name.padding(to: 44)
        print("\(name) \(Figure.readable(value)) \(figure.unit)")
    }
}
