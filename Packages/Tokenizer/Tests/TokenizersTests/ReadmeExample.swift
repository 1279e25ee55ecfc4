import Foundation
import Tokenizers

// README-BEGIN
func readAloud(modelFolder: URL) throws -> String {
  let tokenizer = try Tokenizer(folder: modelFolder)
  let ids = tokenizer.encode("It was great")  // [Int32], with BOS where the model wants one
  var stream = StreamingDecoder(tokenizer)
  var text = ""
  for id in ids { text += try stream.append(id) }  // complete characters only
  return text + stream.finish()
}
// README-END
