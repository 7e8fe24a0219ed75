/// The attribute types and classes that are known without any schema file.
enum StandardSchema {
    static let attributeTexts = [
        operationalAttributes, coreAttributes, cosineAttributes, inetOrgPersonAttributes, nisAttributes,
        postfixBookAttributes, evolutionPersonAttributes, postfixUserAttributes, qmailAttributes,
        activeDirectoryAttributes,
    ]

    static let classTexts = [
        operationalClasses, coreClasses, cosineClasses, inetOrgPersonClasses, nisClasses, postfixBookClasses,
        evolutionPersonClasses, postfixUserClasses, qmailClasses, activeDirectoryClasses,
    ]
}
