/// The version of the packages and the program.
public enum ZerothVersion {
  public static let text = "0.1.0"
}
