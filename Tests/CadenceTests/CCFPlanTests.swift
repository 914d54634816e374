import Testing

@testable import Cadence
@testable import FlowClient

@Suite struct CCFPlanTests {
    @Test func `a message that is read ten thousand times does not make its plan grow`() throws {
        // The root type does not refer to the struct: only the optional's own inline type does, and it takes a node.
        let inner = CadenceValue.composite(
            CadenceComposite(
                .structure, "A.0000000000000001.C.S", fields: [CadenceField("a", .uint8(1))],
                fieldTypes: [.simple("UInt8")]))
        let value = CadenceValue.array(
            CadenceArray([.optional(inner)], type: .variableSizedArray(.simple("AnyStruct"))))
        let bytes = try CCF.encode(value)
        try bytes.withUnsafeBytes { bytes in
            let plan = try CCFPlan(reading: bytes)
            #expect(!plan.unreferenced.isEmpty)
            var agreeing = 0
            for _ in 0..<10_000 {
                var cbor = CBORReader(bytes)
                cbor.at = plan.prefix.count
                var reader = CCFValueReader(cbor, plan: plan, limits: CCF.Limits())
                _ = try reader.value(plan.root)
                // What values refer to is known each time, also where their type was met before.
                if reader.referenced == plan.unreferenced { agreeing += 1 }
            }
            #expect(agreeing == 10_000)
            #expect(!plan.isBloated)
        }
    }
}
