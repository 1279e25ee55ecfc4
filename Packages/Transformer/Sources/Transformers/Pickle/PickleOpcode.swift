/// Python's pickle instructions of protocols 2 to 5 that describe state dicts, by their byte.
enum PickleOpcode: UInt8 {
  case mark = 0x28
  case stop = 0x2e
  case none = 0x4e
  case binaryInteger = 0x4a
  case binaryInteger1 = 0x4b
  case binaryInteger2 = 0x4d
  case long1 = 0x8a
  case true_ = 0x88
  case false_ = 0x89
  case binaryFloat = 0x47
  case binaryString = 0x54
  case shortBinaryString = 0x55
  case binaryUnicode = 0x58
  case shortBinaryUnicode = 0x8c
  case binaryUnicode8 = 0x8d
  case binaryBytes = 0x42
  case shortBinaryBytes = 0x43
  case emptyList = 0x5d
  case append = 0x61
  case appends = 0x65
  case emptyTuple = 0x29
  case tuple = 0x74
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case emptyDictionary = 0x7d
  case setItem = 0x73
  case setItems = 0x75
  case binaryGet = 0x68
  case longBinaryGet = 0x6a
  case binaryPut = 0x71
  case longBinaryPut = 0x72
  case memoize = 0x94
  case global = 0x63
  case stackGlobal = 0x93
  case reduce = 0x52
  case build = 0x62
  case binaryPersistentID = 0x51
  case proto = 0x80
  case frame = 0x95
  /// Names a class in the text of its arguments, as `global` does, and calls it.
  case instance = 0x69

  /// Python's names of the instructions that are refused, for messages.
  static let refusedNames: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x46: "FLOAT", 0x49: "INT", 0x4c: "LONG", 0x50: "PERSID",
    0x53: "STRING", 0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x6c: "LIST", 0x6f: "OBJ", 0x70: "PUT",
    0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x8b: "LONG4", 0x8e: "BINBYTES8", 0x8f: "EMPTY_SET",
    0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]
}
