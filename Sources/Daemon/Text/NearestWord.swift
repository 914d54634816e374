/// "Did you mean": the word nearest to what was typed.
package enum NearestWord {
    /// Nil where nothing is near: more than a third of the letters would have to change.
    package static func find(_ typed: String, in words: some Sequence<String>) -> String? {
        let limit = max(1, typed.count / 3)
        var best: (word: String, distance: Int)?
        for word in words where abs(word.count - typed.count) <= limit {
            let distance = distance(Array(typed), Array(word))
            if distance <= limit, distance < best?.distance ?? .max { best = (word, distance) }
        }
        return best?.word
    }

    /// Letters to insert, delete, replace or swap with their neighbour.
    package static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            (before, last) = (last, row)
        }
        return last[b.count]
    }
}
