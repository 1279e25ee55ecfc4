import Foundation

/// Writes to standard output at once: what a crash or a kill ends may have the last word.
func say(_ text: String, terminator: String = "\n") {
  FileHandle.standardOutput.write(Data((text + terminator).utf8))
}
