import Foundation

do {
  #if LIBFUZZER
    exit(try LibFuzzer.run(CommandLine.arguments))
  #else
    let options = try Options(Array(CommandLine.arguments.dropFirst()))
    if options.isHelp {
      say(Options.usage)
    } else if options.isList {
      FuzzReader.all.forEach { say($0.name) }
    } else if let job = options.worker {
      try Worker(options: options, job: job, start: options.start).run()
    } else if let place = options.replay {
      try Replay(options: options).run(URL(filePath: place))
    } else {
      let findings = try Supervisor(options).run()
      for finding in findings {
        var minimizer = Minimizer(options)
        let small = try minimizer.minimize(finding)
        try small.save(in: options.findingsFolder)
        let file = small.file(in: options.findingsFolder).path
        say("\(small.reader.name): \(small.kind.name), \(small.input.count) bytes: \(file)")
        say("  zeroth-fuzz --replay \(file) --reader \(small.reader.name)")
      }
      say(findings.isEmpty ? "No findings." : "\(findings.count) findings.")
      exit(findings.isEmpty ? 0 : 1)
    }
  #endif
} catch {
  FileHandle.standardError.write(Data("zeroth-fuzz: \(error)\n".utf8))
  exit(2)
}
