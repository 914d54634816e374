extension CadenceType {
    /// The type that a text such as `[String]`, `Address?`, `{String: [UInt64]}` or `Capability<&{FungibleToken.Receiver}>` declares.
    /// Nil where it declares none. A name that is not Cadence's own is a struct's of that name: a declaration does not tell more.
    public init?(declaration: String) {
        do {
            var scanner = try CadenceSourceScanner(Array(declaration.utf8))
            self = try CadenceTypeParser.type(&scanner)
            guard scanner.token == .end else { return nil }
        } catch {
            return nil
        }
    }
}

/// Types as Cadence source declares them.
enum CadenceTypeParser {
    /// The chain's own parser gives up at 16.
    private static let deepest = 32

    static func type(_ scanner: inout CadenceSourceScanner, depth: Int = 0) throws(CadenceCodingError) -> CadenceType {
        guard depth < deepest else { throw scanner.failure("the type is nested too deep") }
        var type = try prefixed(&scanner, depth)
        while try scanner.take("?") { type = .optional(type) }
        return type
    }

    /// A reference binds closer than the question mark behind it.
    private static func prefixed(_ scanner: inout CadenceSourceScanner, _ depth: Int) throws(CadenceCodingError)
        -> CadenceType
    {
        guard depth < deepest else { throw scanner.failure("the type is nested too deep") }
        _ = try scanner.take("@")
        if try scanner.take("&") { return .reference(.unauthorized, try prefixed(&scanner, depth + 1)) }
        if try scanner.take("(") {
            let inner = try type(&scanner, depth: depth + 1)
            try scanner.require(")")
            return inner
        }
        if try scanner.take("[") { return try array(&scanner, depth) }
        if try scanner.take("{") { return try braces(&scanner, depth) }
        let name = try scanner.requireName()
        switch name {
        case "auth" where scanner.isSign("("):
            let authorization = try authorization(&scanner)
            try scanner.require("&")
            return .reference(authorization, try prefixed(&scanner, depth + 1))
        case "view" where scanner.isName("fun"):
            try scanner.advance()
            return .function(try function(&scanner, depth, isView: true))
        case "fun" where scanner.isSign("("): return .function(try function(&scanner, depth, isView: false))
        default: return try nominal(name, &scanner, depth)
        }
    }

    private static func array(_ scanner: inout CadenceSourceScanner, _ depth: Int) throws(CadenceCodingError)
        -> CadenceType
    {
        let element = try type(&scanner, depth: depth + 1)
        var result = CadenceType.variableSizedArray(element)
        if try scanner.take(";") {
            guard case .number(let size?) = scanner.token else {
                throw scanner.failure("the array's size was expected")
            }
            try scanner.advance()
            result = .constantSizedArray(element, size: size)
        }
        try scanner.require("]")
        return result
    }

    /// A dictionary or an intersection.
    private static func braces(_ scanner: inout CadenceSourceScanner, _ depth: Int) throws(CadenceCodingError)
        -> CadenceType
    {
        if try scanner.take("}") { return .intersection([]) }
        let first = try type(&scanner, depth: depth + 1)
        if try scanner.take(":") {
            let value = try type(&scanner, depth: depth + 1)
            try scanner.require("}")
            return .dictionary(key: first, value: value)
        }
        var types = [first]
        while try scanner.take(",") { types.append(try type(&scanner, depth: depth + 1)) }
        try scanner.require("}")
        return .intersection(types)
    }

    private static func nominal(
        _ name: String, _ scanner: inout CadenceSourceScanner, _ depth: Int
    ) throws(CadenceCodingError) -> CadenceType {
        var name = name
        while try scanner.take(".") { name += "." + (try scanner.requireName()) }
        if name == "Capability" || name == "InclusiveRange", try scanner.take("<") {
            let argument = try type(&scanner, depth: depth + 1)
            try scanner.require(">")
            return name == "Capability" ? .capability(argument) : .inclusiveRange(argument)
        }
        if name == "Capability" { return .capability(nil) }
        if CadenceSimpleType.numbers[name] != nil { return .simple(name) }
        return .nominal(CadenceNominalType(.structure, name))
    }

    private static func authorization(_ scanner: inout CadenceSourceScanner) throws(CadenceCodingError)
        -> CadenceAuthorization
    {
        try scanner.require("(")
        if scanner.isName("mapping") {
            try scanner.advance()
            let map = try qualifiedName(&scanner)
            try scanner.require(")")
            return .entitlementMap(map)
        }
        var names = [try qualifiedName(&scanner)]
        let isAny = scanner.isSign("|")
        while try scanner.take(isAny ? "|" : ",") { names.append(try qualifiedName(&scanner)) }
        try scanner.require(")")
        return isAny ? .disjunction(names) : .conjunction(names)
    }

    private static func qualifiedName(_ scanner: inout CadenceSourceScanner) throws(CadenceCodingError) -> String {
        var name = try scanner.requireName()
        while try scanner.take(".") { name += "." + (try scanner.requireName()) }
        return name
    }

    private static func function(
        _ scanner: inout CadenceSourceScanner, _ depth: Int, isView: Bool
    ) throws(CadenceCodingError) -> CadenceFunctionType {
        try scanner.require("(")
        var parameters: [CadenceParameter] = []
        while !scanner.isSign(")") {
            parameters.append(CadenceParameter(label: "", identifier: "", type: try type(&scanner, depth: depth + 1)))
            guard try scanner.take(",") else { break }
        }
        try scanner.require(")")
        var returnType = CadenceType.simple("Void")
        if try scanner.take(":") { returnType = try type(&scanner, depth: depth + 1) }
        return CadenceFunctionType(isView: isView, parameters: parameters, returnType: returnType)
    }
}
