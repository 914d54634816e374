extension JSONCDC {
    /// Writes the type objects of Type values, capabilities and functions.
    ///
    /// A nominal type is told at the first place that names it in the order of writing; where that is not where it was read, the two places
    /// change their parts.
    struct TypeEncoder {
        private let whole: CadenceType?
        private var told: Set<String> = []
        private var moved: Set<String> = []
        private var definitions: [String: CadenceNominalType]?

        private init(_ whole: CadenceType?) { self.whole = whole }

        static func write(_ type: CadenceType?, to out: inout Encoder) {
            var encoder = TypeEncoder(type)
            encoder.write(type, to: &out)
        }

        private mutating func write(_ type: CadenceType?, to out: inout Encoder) {
            guard let type else { return out.raw(#""""#) }
            switch type {
            case .unknown: out.raw(#""""#)
            case .repeated(let id): writeRepeated(id, to: &out)
            case .simple(let name):
                out.raw(#"{"kind":"#)
                out.string(name)
                out.raw("}")
            case .optional(let inner): unary("Optional", inner, &out)
            case .variableSizedArray(let element): unary("VariableSizedArray", element, &out)
            case .capability(let borrow): unary("Capability", borrow, &out)
            case .constantSizedArray(let element, let size):
                out.raw(#"{"type":"#)
                write(element, to: &out)
                out.raw(#","kind":"ConstantSizedArray","size":\#(size)}"#)
            case .dictionary(let key, let value):
                out.raw(#"{"key":"#)
                write(key, to: &out)
                out.raw(#","value":"#)
                write(value, to: &out)
                out.raw(#","kind":"Dictionary"}"#)
            case .inclusiveRange(let element):
                out.raw(#"{"element":"#)
                write(element, to: &out)
                out.raw(#","kind":"InclusiveRange"}"#)
            case .reference(.authorized, let inner):
                out.raw(#"{"type":"#)
                write(inner, to: &out)
                out.raw(#","kind":"Reference","authorized":true}"#)
            case .reference(let authorization, let inner):
                out.raw(#"{"type":"#)
                write(inner, to: &out)
                out.raw(#","kind":"Reference","authorization":"#)
                write(authorization, to: &out)
                out.raw("}")
            case .intersection(let types):
                out.raw(#"{"kind":"Intersection","typeID":"#)
                out.string(type.typeID)
                out.raw(#","types":"#)
                out.list(types) { write($1, to: &$0) }
                out.raw("}")
            case .restricted(let inner, let types):
                out.raw(#"{"kind":"Restriction","typeID":"#)
                out.string(type.typeID)
                out.raw(#","type":"#)
                write(inner, to: &out)
                out.raw(#","restrictions":"#)
                out.list(types) { write($1, to: &$0) }
                out.raw("}")
            case .nominal(let nominal):
                if isTold(nominal) { out.string(nominal.typeID) } else { write(nominal, to: &out) }
            case .function(let function): write(function, to: &out)
            }
        }

        /// A definition of a message's table may be named anywhere, itself included, and is told once.
        private func isTold(_ nominal: CadenceNominalType) -> Bool {
            if case .told = nominal.body { return moved.contains(nominal.typeID) }
            return told.contains(nominal.typeID)
        }

        private mutating func writeRepeated(_ id: String, to out: inout Encoder) {
            if !told.contains(id) {
                if definitions == nil { definitions = whole?.toldTypes() ?? [:] }
                if let definition = definitions?[id] {
                    moved.insert(id)
                    return write(definition, to: &out)
                }
            }
            out.string(id)
        }

        private mutating func unary(_ kind: String, _ inner: CadenceType?, _ out: inout Encoder) {
            out.raw(#"{"type":"#)
            write(inner, to: &out)
            out.raw(#","kind":"\#(kind)"}"#)
        }

        private mutating func write(_ nominal: CadenceNominalType, to out: inout Encoder) {
            told.insert(nominal.typeID)
            // The reference comes to the members first: what they and the type before them both name is told among the members.
            var members = Encoder()
            members.list(nominal.fields) { out, field in
                out.raw(#"{"type":"#)
                write(field.type, to: &out)
                out.raw(#","id":"#)
                out.string(field.name)
                out.raw("}")
            }
            members.raw(#","initializers":"#)
            // An event has one initializer, even where its definition tells none.
            let isBare = nominal.kind == .event && nominal.initializers.isEmpty
            members.list(isBare ? [[]] : nominal.initializers) { write($1, to: &$0) }
            out.raw(#"{"type":"#)
            switch nominal.kind {
            case .enumeration, .attachment: write(nominal.rawOrBaseType, to: &out)
            default: out.raw(#""""#)
            }
            out.raw(#","kind":"\#(nominal.kind.rawValue)","typeID":"#)
            out.string(nominal.typeID)
            out.raw(#","fields":"#)
            out.bytes.append(contentsOf: members.bytes)
            out.raw("}")
        }

        private mutating func write(_ parameters: [CadenceParameter], to out: inout Encoder) {
            out.list(parameters) { out, parameter in
                out.raw(#"{"type":"#)
                write(parameter.type, to: &out)
                out.raw(#","label":"#)
                out.string(parameter.label)
                out.raw(#","id":"#)
                out.string(parameter.identifier)
                out.raw("}")
            }
        }

        private mutating func write(_ function: CadenceFunctionType, to out: inout Encoder) {
            out.raw(#"{"kind":"Function","typeID":"#)
            out.string(function.typeID)
            out.raw(#","typeParameters":"#)
            out.list(function.typeParameters) { out, parameter in
                out.raw(#"{"name":"#)
                out.string(parameter.name)
                out.raw(#","typeBound":"#)
                if let bound = parameter.bound { write(bound, to: &out) } else { out.raw("null") }
                out.raw("}")
            }
            out.raw(#","parameters":"#)
            write(function.parameters, to: &out)
            out.raw(#","return":"#)
            write(function.returnType, to: &out)
            out.raw(#","purity":"\#(function.isView ? "view" : "")"}"#)
        }

        private mutating func write(_ authorization: CadenceAuthorization, to out: inout Encoder) {
            let (kind, entitlementKind, ids): (String, String, [String]?) =
                switch authorization {
                case .unauthorized, .authorized: ("Unauthorized", "", nil)
                case .entitlementMap(let id): ("EntitlementMapAuthorization", "EntitlementMap", [id])
                case .conjunction(let ids): ("EntitlementConjunctionSet", "Entitlement", ids)
                case .disjunction(let ids): ("EntitlementDisjunctionSet", "Entitlement", ids)
                }
            out.raw(#"{"kind":"\#(kind)","entitlements":"#)
            if let ids, !ids.isEmpty {
                out.list(ids) { out, id in
                    out.raw(#"{"type":null,"kind":"\#(entitlementKind)","typeID":"#)
                    out.string(id)
                    out.raw(#","fields":null,"initializers":null}"#)
                }
            } else {
                out.raw("null")
            }
            out.raw("}")
        }
    }
}
