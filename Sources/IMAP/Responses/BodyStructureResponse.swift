package import MailModel
package import NIOCore

/// body = "(" (body-type-1part / body-type-mpart) ")" (RFC 3501 §9), with extension data for BODYSTRUCTURE.
package struct BodyStructureResponse {
    private let structure: MIMEStructure
    private let isExtended: Bool

    package static func append(
        _ structure: MIMEStructure, _ bytes: Span<UInt8>, extended: Bool, to output: inout ByteBuffer
    ) {
        BodyStructureResponse(structure: structure, isExtended: extended).append(0, bytes, to: &output)
    }

    /// The depth of this recursion is bounded by `MIMELimits.nesting`.
    private func append(_ index: Int, _ bytes: Span<UInt8>, to output: inout ByteBuffer) {
        let part = structure.parts[index]
        var fields = MIMEContentFields()
        if part.isMIME { fields = MIMEContentFields.parse(bytes, header: part.header) }
        output.writeStaticString("(")
        if part.kind == .multipart {
            appendMultipart(part, fields, bytes, to: &output)
        } else {
            appendSinglePart(part, fields, bytes, to: &output)
        }
        output.writeStaticString(")")
    }

    /// body-type-mpart = 1*body SP media-subtype [SP body-ext-mpart]
    private func appendMultipart(
        _ part: MIMEPart, _ fields: MIMEContentFields, _ bytes: Span<UInt8>, to output: inout ByteBuffer
    ) {
        if part.children.isEmpty {
            // The grammar has no multipart without parts.
            output.writeStaticString(#"("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0"#)
            output.writeStaticString(isExtended ? " NIL NIL NIL NIL)" : ")")
        }
        for child in part.children { append(child, bytes, to: &output) }
        output.writeStaticString(" ")
        appendString(fields.subtype ?? Array("x-unknown".utf8), to: &output)
        guard isExtended else { return }
        output.writeStaticString(" ")
        appendParameters(fields.parameters, to: &output)
        appendCommonExtensions(fields, to: &output)
    }

    /// body-type-1part = (body-type-basic / body-type-msg / body-type-text) [SP body-ext-1part]
    private func appendSinglePart(
        _ part: MIMEPart, _ fields: MIMEContentFields, _ bytes: Span<UInt8>, to output: inout ByteBuffer
    ) {
        let isMessage = part.kind == .message && !part.children.isEmpty
        let isText = !isMessage && fields.isText()
        if isMessage {
            output.writeStaticString(#""message" "rfc822""#)
        } else {
            appendType(part, fields, to: &output)
        }
        output.writeStaticString(" ")
        var parameters = fields.parameters
        if isText, fields.parameter("charset") == nil {
            parameters.append(MIMEParameter(name: Array("charset".utf8), value: Array("us-ascii".utf8)))
        }
        appendParameters(parameters, to: &output)
        output.writeStaticString(" ")
        appendNString(fields.identifier, to: &output)
        output.writeStaticString(" ")
        appendNString(fields.description, to: &output)
        output.writeStaticString(" ")
        appendString(fields.transferEncoding ?? Array("7bit".utf8), to: &output)
        output.writeString(" \(part.body.count)")
        if isText { output.writeString(" \(part.bodyLines)") }
        if isMessage, let child = part.children.first {
            output.writeStaticString(" ")
            let envelope = MessageEnvelope.parse(bytes, header: structure.parts[child].header)
            EnvelopeResponse.append(envelope, to: &output)
            output.writeStaticString(" ")
            append(child, bytes, to: &output)
            output.writeString(" \(part.bodyLines)")
        }
        guard isExtended else { return }
        output.writeStaticString(" ")
        appendNString(fields.md5, to: &output)
        appendCommonExtensions(fields, to: &output)
    }

    private func appendType(_ part: MIMEPart, _ fields: MIMEContentFields, to output: inout ByteBuffer) {
        guard let type = fields.type else {
            output.writeStaticString(#""text" "plain""#)
            return
        }
        // A multipart or message that could not be entered (no boundary, too deep) must not look like one.
        let isContainer =
            ASCII.equalIgnoringCase(type, "multipart".utf8)
            || (ASCII.equalIgnoringCase(type, "message".utf8)
                && ASCII.equalIgnoringCase(fields.subtype ?? [], "rfc822".utf8))
        if isContainer {
            output.writeStaticString(#""application" "octet-stream""#)
            return
        }
        appendString(type, to: &output)
        output.writeStaticString(" ")
        appendString(fields.subtype ?? [], to: &output)
    }

    /// … SP body-fld-dsp [SP body-fld-lang [SP body-fld-loc]]
    private func appendCommonExtensions(_ fields: MIMEContentFields, to output: inout ByteBuffer) {
        output.writeStaticString(" ")
        if let disposition = fields.disposition {
            output.writeStaticString("(")
            appendString(disposition, to: &output)
            output.writeStaticString(" ")
            appendParameters(fields.dispositionParameters, to: &output)
            output.writeStaticString(")")
        } else {
            output.writeStaticString("NIL")
        }
        output.writeStaticString(" ")
        if let languages = fields.languages {
            output.writeStaticString("(")
            for (index, language) in languages.enumerated() {
                if index > 0 { output.writeStaticString(" ") }
                appendString(language, to: &output)
            }
            output.writeStaticString(")")
        } else {
            output.writeStaticString("NIL")
        }
        output.writeStaticString(" ")
        appendNString(fields.location, to: &output)
    }

    /// body-fld-param = "(" string SP string *(SP string SP string) ")" / nil
    private func appendParameters(_ parameters: [MIMEParameter], to output: inout ByteBuffer) {
        guard !parameters.isEmpty else {
            output.writeStaticString("NIL")
            return
        }
        output.writeStaticString("(")
        for (index, parameter) in parameters.enumerated() {
            if index > 0 { output.writeStaticString(" ") }
            appendString(parameter.name, to: &output)
            output.writeStaticString(" ")
            appendString(parameter.value, to: &output)
        }
        output.writeStaticString(")")
    }

    private func appendString(_ value: [UInt8], to output: inout ByteBuffer) {
        ResponseText.appendString(EnvelopeResponse.withoutFolds(value), to: &output)
    }

    private func appendNString(_ value: [UInt8]?, to output: inout ByteBuffer) {
        ResponseText.appendNString(value.map(EnvelopeResponse.withoutFolds), to: &output)
    }
}
