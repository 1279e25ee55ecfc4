import Foundation

/// What `strftime_now` reads.
struct TemplateClock {
  var date: Date
  var timeZone: TimeZone

  private static let days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
  private static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
  ]

  /// `strftime` in the C locale.
  func formatted(_ format: String) throws -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = timeZone
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second, .weekday, .dayOfYear], from: date)
    var result = ""
    var isDirective = false
    for character in format.unicodeScalars {
      if isDirective {
        result += try text(of: character, parts)
        isDirective = false
      } else if character == "%" {
        isDirective = true
      } else {
        result.unicodeScalars.append(character)
      }
    }
    return isDirective ? result + "%" : result
  }

  private func text(of directive: Unicode.Scalar, _ parts: DateComponents) throws -> String {
    let year = parts.year ?? 0
    let hour = parts.hour ?? 0
    switch directive {
    case "Y": return String(year)
    case "y": return Self.padded(year % 100)
    case "m": return Self.padded(parts.month)
    case "d": return Self.padded(parts.day)
    case "e": return Self.padded(parts.day, with: " ")
    case "H": return Self.padded(hour)
    case "I": return Self.padded((hour + 11) % 12 + 1)
    case "M": return Self.padded(parts.minute)
    case "S": return Self.padded(parts.second)
    case "j": return Self.padded(parts.dayOfYear, to: 3)
    case "p": return hour < 12 ? "AM" : "PM"
    case "A": return Self.days[((parts.weekday ?? 1) - 1) % 7]
    case "a": return String(Self.days[((parts.weekday ?? 1) - 1) % 7].prefix(3))
    case "B": return Self.months[((parts.month ?? 1) - 1) % 12]
    case "b", "h": return String(Self.months[((parts.month ?? 1) - 1) % 12].prefix(3))
    case "F": return try formatted("%Y-%m-%d")
    case "T": return try formatted("%H:%M:%S")
    case "D": return try formatted("%m/%d/%y")
    case "R": return try formatted("%H:%M")
    case "%": return "%"
    case "n": return "\n"
    case "t": return "\t"
    default: throw TemplateFailure.unsupported("the directive '%\(directive)' of strftime_now")
    }
  }

  private static func padded(_ value: Int?, to width: Int = 2, with filler: Character = "0") -> String {
    let digits = String(value ?? 0)
    return String(repeating: filler, count: max(0, width - digits.count)) + digits
  }
}
