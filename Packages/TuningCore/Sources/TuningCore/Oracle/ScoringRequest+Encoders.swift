/// Where a request's candidates stand.
public enum CandidatePlace: Sendable, Hashable, Codable {
  /// After the prompt: its next tokens.
  case afterPrompt
  /// In the prompt, at these positions, each a mask token: a candidate is one token for each.
  case blanks([Int])
  /// In no place: a candidate is one number, a label of the whole prompt.
  case label
}

extension ScoringRequest {
  /// A text with blanks as a request among others.
  public init(_ cloze: ClozeRequest) {
    self.init(prompt: cloze.tokens, continuations: cloze.candidates, gold: cloze.gold)
    place = .blanks(cloze.blanks)
    tokenTypes = cloze.tokenTypes
  }

  /// A text to be labelled as a request among others.
  public init(_ labelled: LabelRequest) {
    self.init(prompt: labelled.tokens, continuations: labelled.rows.map { [$0] }, gold: labelled.gold)
    place = .label
    tokenTypes = labelled.tokenTypes
  }

  /// Tokens that a model reads for the longest continuation: of one after a prompt, the last is predicted and not read.
  public var readTokens: Int {
    place == .afterPrompt ? prompt.count + (continuations.map(\.count).max() ?? 1) - 1 : prompt.count
  }

  /// Tokens that a model reads for all continuations.
  public var tokenCount: Int {
    place == .afterPrompt ? continuations.reduce(prompt.count) { $0 + $1.count - 1 } : prompt.count
  }
}

extension PackedBatch {
  /// Requests of an encoder, whose candidates do not stand after the prompt; nil where all stand after it.
  ///
  /// - Throws: `TuningError.invalidBatch` where they are not all of one kind.
  static func encoderBatch(_ requests: [ScoringRequest]) throws -> PackedBatch? {
    guard requests.contains(where: { $0.place != .afterPrompt }) else { return nil }
    var clozes: [ClozeRequest] = [], labelled: [LabelRequest] = []
    for request in requests {
      switch request.place {
      case .afterPrompt: break
      case .blanks(let blanks):
        clozes.append(
          ClozeRequest(
            tokens: request.prompt, tokenTypes: request.tokenTypes, blanks: blanks, candidates: request.continuations,
            gold: request.gold))
      case .label:
        labelled.append(
          LabelRequest(
            tokens: request.prompt, tokenTypes: request.tokenTypes, rows: request.continuations.compactMap(\.first),
            gold: request.gold))
      }
    }
    if clozes.count == requests.count { return try PackedBatch(cloze: clozes) }
    if labelled.count == requests.count { return try PackedBatch(labelled: labelled) }
    throw TuningError(
      .invalidBatch,
      "\(clozes.count) of the batch's \(requests.count) examples have blanks and \(labelled.count) ask for a label: a "
        + "model is asked in one way")
  }
}
