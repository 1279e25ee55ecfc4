import Foundation
import Testing

@testable import Tokenizers

/// Templates that are wrong, unsupported or meant to harm: an error that says where, and never a crash.
@Suite struct ChatTemplateHostilityTests {
  /// With a fraction of the work usually allowed: unoptimised, the rest would take a minute.
  private func failure(
    _ template: String, _ chat: [ChatMessage] = [.user("Hi")], work: Int = ChatTemplate.mostWork / 100
  ) -> TokenizerError? {
    do {
      let clock = TemplateClock(date: Date(timeIntervalSince1970: 0), timeZone: .gmt)
      _ = try ChatTemplate(template).render(chat, true, clock: clock, work: work)
      return nil
    } catch {
      return error as? TokenizerError
    }
  }

  @Test(arguments: [
    ("{{ x", "malformedChatTemplate", "line 1, column 1: a tag without its end '}}'"),
    ("a\n  {% if x %}\n{% endfor %}", "malformedChatTemplate", "line 3, column 4"),
    ("é {% if x %}", "malformedChatTemplate", "line 1, column 6: the template ends where 'elif' or 'else' or 'endif'"),
    ("\r\n\r\n {{ a b }}", "malformedChatTemplate", "line 3, column 7: expected '}}', found 'b'"),
    ("{{ 'a' | nosuch }}", "malformedChatTemplate", "line 1, column 10: there is no filter 'nosuch'"),
    ("{{ 1 is nosuch }}", "malformedChatTemplate", "there is no test 'nosuch'"),
    ("{{ 'a' | urlencode }}", "unsupportedChatTemplate", "the filter 'urlencode' is not supported"),
    ("{% include 'x' %}", "unsupportedChatTemplate", "the tag 'include' is not supported"),
    ("{% extends 'x' %}", "unsupportedChatTemplate", "'extends'"),
    ("{% for a in b recursive %}{% endfor %}", "unsupportedChatTemplate", "a recursive loop"),
    ("{{ f(*x) }}", "unsupportedChatTemplate", "spreading arguments"),
    ("{{ 99999999999999999999 }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ 9223372036854775807 + 1 }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ -(-9223372036854775807 - 1) }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ (-9223372036854775807 - 1) // -1 }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ 10 ** 30 }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ 1e30 | int }}", "unsupportedChatTemplate", "64 bits"),
    ("{{ '%d' % 3 }}", "unsupportedChatTemplate", "formatting"),
    ("{{ 'a'.format(1) }}", "unsupportedChatTemplate", "the attribute 'format' of a str"),
    ("{{ ''.__class__.__mro__ }}", "chatTemplateFailed", "unsafe"),
    ("{{ messages.append(1) }}", "chatTemplateFailed", "unsafe"),
    ("{{ cycler('a') }}", "unsupportedChatTemplate", "the function 'cycler'"),
    (
      "{{ messages[0].nothing.more }}", "chatTemplateFailed",
      "line 1, column 23: 'dict' object has no attribute 'nothing'"
    ),
    (
      "{% if messages %}\n  {{ raise_exception('Not you.') }}{% endif %}", "conversationRefused",
      "line 2, column 6: Not you."
    ),
    ("{{ strftime_now('%Q') }}", "unsupportedChatTemplate", "'%Q'"),
    ("{{ messages | map('upper') }}", "unsupportedChatTemplate", "printing a generator"),
  ])
  func errorsSayWhatAndWhere(template: String, code: String, words: String) {
    let error = failure(template)
    #expect(error?.code.rawValue == code, "\(template): \(error.map { "\($0)" } ?? "no error")")
    #expect(error?.message.contains(words) == true, "\(template): \(error.map { "\($0)" } ?? "no error")")
  }

  /// Each would take all memory, all time or all stack.
  @Test(arguments: [
    "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
    "{{ range(100001) }}", "{{ range(0, 9223372036854775807, 1) }}",
    "{{ range(-9223372036854775807, 9223372036854775807) }}",
    "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s=[]) %}{% for i in range(100000) %}{% set ns.s = [ns.s] %}{% endfor %}",
    "{% set ns = namespace(s={}) %}{% for i in range(100000) %}{% set ns.s = {'a': ns.s} %}{% endfor %}",
    "{% set ns = namespace(s=[]) %}{% for i in range(100000) %}{% set ns.s = ns.s | map('upper') %}{% endfor %}{{ ns.s | list }}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s | tojson }}",
    "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(90) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
    "{% set ns = namespace(s=(1,)) %}{% for i in range(90) %}{% set ns.s = (ns.s, ns.s) %}{% endfor %}{{ {ns.s: 1} }}",
    "{% set ns = namespace() %}{% set ns.ns = ns %}{{ ns }}",
    "{{ 'x' * 9223372036854775807 }}", "{{ [1] * 100000000 }}", "{{ '' | indent(9000000000000000) }}",
    "{{ {} | tojson(indent=999999999999) }}", "{{ [1] | batch(999999999999, 'x') | list }}",
    "{{ [1] | slice(999999999999) | list }}",
    "{% set s = 'a' * 1000000 %}{% for i in range(1000) %}{% if (s ~ 'b') in s %}{% endif %}{% endfor %}",
    "{% set s = 'a' * 2000000 %}{{ s.find('a' * 1000000 ~ 'b') }}",
    "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ s[i] }}{% endfor %}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{% macro f() %}{% for i in [1] %}{% if true %}{% set x %}{{ (f(),)[0] | upper }}{% endset %}{% endif %}{% endfor %}{% endmacro %}{{ f() }}",
    "{% macro f() %}{{ g(f) }}{% endmacro %}{% macro g(h) %}{{ [h] | map('string') | list }}{{ h() }}{% endmacro %}{{ f() }}",
    "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(0) }}",
    "{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(25) }}",
    "{{ [1] | map('map') | map('list') | list }}",
  ])
  func limitsStopWhatWouldNotEnd(template: String) {
    let error = failure(template)
    #expect(error != nil, "\(template)")
  }

  @Test func nestingHasALimit() throws {
    for (open, middle, close) in [
      ("(", "1", ")"), ("[", "1", "]"), ("{'a':", "1", "}"), ("-", "1", ""), ("not ", "1", ""), ("a.b(", "1", ")"),
      ("a[", "1", "]"), ("1 + ", "1", ""), ("1 ~ (", "1", ")"), ("a.", "b", ""), ("1 if ", "1", ""), ("", "1", "|list"),
      ("1 if 1 else ", "1", ""), ("", "1", " is defined"), ("", "a", "()"), ("", "a", "[0]"), ("1 ** ", "1", ""),
      ("1 and ", "1", ""), ("", "1", " or 1"), ("", "x", " if 1"),
    ] {
      for count in [50, 99, 100, 101, 3000] {
        let text = String(repeating: open, count: count) + middle + String(repeating: close, count: count)
        let error = failure("{% set x = 0 %}{{ \(text) }}")
        if count > 101 {
          #expect(error?.code == .chatTemplateLimit || error?.code == .malformedChatTemplate, "\(open)…\(close)")
        }
      }
    }
    for (open, close) in [
      ("{% if 1 %}", "{% endif %}"), ("{% for i in [1] %}", "{% endfor %}"), ("{% set x %}", "{% endset %}"),
      ("{% macro f() %}", "{% endmacro %}"), ("{% filter upper %}", "{% endfilter %}"), ("{% with %}", "{% endwith %}"),
      ("{% generation %}", "{% endgeneration %}"), ("{% call f() %}", "{% endcall %}"),
    ] {
      for count in [50, 3000] {
        let text = String(repeating: open, count: count) + "x" + String(repeating: close, count: count)
        let error = failure("{% macro f() %}{{ caller() }}{% endmacro %}" + text)
        #expect((error?.code == .chatTemplateLimit) == (count > 100), "\(open): \(error.map { "\($0)" } ?? "none")")
      }
    }
    let elifs = "{% if 0 %}" + String(repeating: "{% elif 0 %}", count: 5000) + "{% else %}end{% endif %}"
    #expect(try ChatTemplate(elifs).render([.user("")]) == "end")
  }

  /// The deepest that is allowed fits into half the stack that threads have on Linux.
  @Test func limitsFitAStackOfFourMegabytes() throws {
    let expression =
      String(repeating: "(0,", count: 95) + "f()"
      + String(repeating: ")", count: 95)
    let blocks =
      String(repeating: "{% for i in [1] %}", count: 90) + "{{ \(expression) }}"
      + String(repeating: "{% endfor %}", count: 90)
    let templates = [
      "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
      "{% macro f() %}\(blocks){% endmacro %}{{ f() }}",
      "{% macro f() %}{% filter upper %}{{ {'a': [(f() ~ 'x') | upper | trim]}.a[0].strip() }}{% endfilter %}{% endmacro %}{{ f() }}",
      "{% macro f() %}{{ [1] | map('string') | select('string') | list | join ~ caller() }}{% endmacro %}"
        + String(repeating: "{% call f() %}", count: 90) + String(repeating: "{% endcall %}", count: 90),
      "{{ \(String(repeating: "[", count: 95))1\(String(repeating: "]", count: 95)) | tojson(indent=1) }}",
    ]
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      for template in templates { _ = try? ChatTemplate(template).render([.user("Hi")]) }
      done.signal()
    }
    thread.stackSize = 4 << 20
    thread.start()
    done.wait()
  }

  @Test func valuesFromOutsideHaveADepth() throws {
    var value: JSONValue = 1
    for _ in 0..<500 { value = [value] }
    let error = #expect(throws: TokenizerError.self) {
      try ChatTemplate("{{ messages }}").render([ChatMessage(role: "user", content: value)])
    }
    #expect(error?.code == .chatTemplateLimit)
  }

  @Test func everyTruncationAndRandomDamageIsAnError() throws {
    let node = try Fixture.node("chat-templates/conversations.json").required("templates")
    let templates = try node.members().map { try JSONNode(value: $0.value, path: $0.key, file: "").string() }
    let pieces = [
      "{{", "}}", "{%", "%}", "{#", "-", "+", "'", "\"", "(", ")", "[", "]", ".", "|", "\n", "if", "é", "0", "~", "%",
      "",
    ]
    var random = SplitMix(state: 7)
    for template in templates {
      let bytes = Array(template.utf8)
      for length in stride(from: 0, to: bytes.count, by: 31) {
        _ = failure(String(decoding: bytes[..<length], as: UTF8.self))
      }
      for _ in 0..<20 {
        var damaged = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          let place = Int.random(in: 0..<damaged.count, using: &random)
          let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
          damaged.replaceSubrange(place..<min(place + 2, damaged.count), with: Array(piece.utf8))
        }
        _ = failure(String(decoding: damaged, as: UTF8.self), [.system("S"), .user("Hi"), .assistant("Ho")])
      }
    }
  }
}
