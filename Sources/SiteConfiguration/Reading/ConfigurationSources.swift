/// What a configuration file may draw on besides its own text: the environment and other files.
package struct ConfigurationSources {
    package var environment: [String: String]
    /// The content of a file, or nil when it can't be read.
    package var readFile: (String) -> [UInt8]?

    package init(environment: [String: String], readFile: @escaping (String) -> [UInt8]?) {
        self.environment = environment
        self.readFile = readFile
    }
}
