import Foundation

do {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  if options.isHelp {
    say(Options.usage)
  } else {
    exit(try KillTest(options).run() ? 0 : 1)
  }
} catch {
  FileHandle.standardError.write(Data("zeroth-kill: \(error)\n".utf8))
  exit(2)
}

/// Writes to standard output at once.
func say(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }

/// What keeps the test itself from being made.
struct KillError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
