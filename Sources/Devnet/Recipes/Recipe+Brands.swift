extension Recipe {
    static let brandRecipes = [
        Recipe("create_brands", cost: .init(6.6, 2.36), flip370: .init(38.5, 10.58)) { call in
            let brands = try call.brandOperator()
            let (operations, ids, names) = (call.strings(0), call.strings(1), call.strings(2))
            for (i, id) in ids.enumerated() {
                try call.spendItem()
                let name = try call.element(names, i, "names[i]")
                let operation = try call.element(operations, i, "operations[i]")
                try call.execution.call("operator.createBrand(") {
                    try brands.createBrand(id: id, name: name, operation: operation)
                }
            }
        },
        Recipe("set_brand_status", cost: .init(8)) { call in
            try call.brandOperator().setBrandStatus(
                id: call.string(1), status: call.uint8(2), operation: call.string(0))
        },
        Recipe("create_submissions", cost: .init(6.5, 1.51), flip370: .init(47.8, 10.05)) { call in
            let brands = try call.brandOperator()
            let columns = (1...5).map(call.strings)
            let names = ["ids[i]", "campaignIDs[i]", "brandIDs[i]", "submitters[i]", "contentHashes[i]"]
            let operations = call.strings(0)
            for i in columns[0].indices {
                try call.spendItem()
                let row = try zip(columns, names).map { try call.element($0, i, $1) }
                let submission = NovaBrandContract.Submission(
                    id: row[0], campaignID: row[1], brandID: row[2], submitter: row[3], contentHash: row[4])
                let operation = try call.element(operations, i, "operations[i]")
                try call.execution.call("operator.createSubmission(") {
                    try brands.createSubmission(submission, operation: operation)
                }
            }
        },
    ]
}
