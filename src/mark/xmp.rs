//! Xmp: the labels within an XMP packet.
//!
//! Enters: a packet as bytes, or none. Leaves: the labels in it, or the packet with them. Found by the name that its own
//! text binds to the namespace, as element or attribute; nothing else of XML is needed. Never here: a property of others
//! changed or lost.

use super::{
    MarkError,
    bytes::{AIGC, Found, ORIGIN, Texts},
};

/// The namespace of the label.
const TC260: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
/// The namespace of what else is told.
const MYNAH: &str = "urn:mynah:disclosure:1";
/// What news agencies and image libraries read: made by a trained model.
const SOURCE: &str = "<rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">\
    <Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\
    </Iptc4xmpExt:DigitalSourceType></rdf:Description>";
const END: &str = "</rdf:RDF>";

pub(super) fn read(packet: &[u8]) -> Result<Found, MarkError> {
    let text = decoded(packet)?;
    Ok(Found { aigc: property(text, TC260, AIGC), origin: property(text, MYNAH, ORIGIN) })
}

pub(super) fn with(packet: Option<&[u8]>, texts: &Texts) -> Result<Vec<u8>, MarkError> {
    let old = packet.map(decoded).transpose()?;
    let mut put =
        described("TC260", TC260, AIGC, &texts.aigc) + &described("mynah", MYNAH, ORIGIN, &texts.origin);
    if !old.is_some_and(|old| old.contains("DigitalSourceType")) {
        put.push_str(SOURCE);
    }
    let text = match old {
        None => format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{put}{END}</x:xmpmeta>\
             <?xpacket end=\"w\"?>"
        ),
        Some(old) => {
            let at =
                old.rfind(END).ok_or(MarkError::Unsupported { what: "an XMP packet of an unusual form" })?;
            format!("{}{put}{}", &old[..at], &old[at..])
        }
    };
    Ok(text.into_bytes())
}

fn decoded(packet: &[u8]) -> Result<&str, MarkError> {
    str::from_utf8(packet).map_err(|_| MarkError::Unsupported { what: "an XMP packet that is not UTF-8" })
}

fn described(prefix: &str, namespace: &str, name: &str, value: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!(
        "<rdf:Description rdf:about=\"\" xmlns:{prefix}=\"{namespace}\"><{prefix}:{name}>{value}</{prefix}:{name}>\
         </rdf:Description>"
    )
}

/// The value of `name` in `namespace`.
fn property(text: &str, namespace: &str, name: &str) -> Option<String> {
    let bound = text.match_indices(namespace).find_map(|(at, _)| {
        let before = text[..at].trim_end_matches(['"', '\'']);
        let before = before.trim_end().strip_suffix('=')?.trim_end();
        before.rsplit_once("xmlns:").map(|(_, prefix)| prefix)
    })?;
    // A prefix is a word; anything longer is another attribute's text.
    if bound.is_empty() || bound.contains(|c: char| c.is_whitespace() || "<>=\"'".contains(c)) {
        return None;
    }
    let name = format!("{bound}:{name}");
    text.match_indices(&name).find_map(|(at, _)| {
        let rest = text[at + name.len()..].trim_start();
        if let Some(rest) = rest.strip_prefix('=') {
            let rest = rest.trim_start();
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            return rest[1..].split_once(quote).map(|(value, _)| unescaped(value));
        }
        let begins = text[..at].ends_with('<');
        let (value, _) = rest.split_once('>')?.1.split_once('<')?;
        begins.then(|| unescaped(value))
    })
}

fn unescaped(value: &str) -> String {
    let plain =
        value.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#x22;", "\"").replace("&apos;", "'");
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_attributes_under_any_prefix_are_read() {
        let uri = "http://www.tc260.org.cn/ns/AIGC/1.0/";
        for packet in [
            format!("<rdf:Description xmlns:TC260=\"{uri}\" TC260:AIGC=\"{{&quot;Label&quot;:1}}\"/>"),
            format!("<rdf:Description xmlns:a = '{uri}'><a:AIGC >{{\"Label\":1}}</a:AIGC></rdf:Description>"),
        ] {
            assert_eq!(read(packet.as_bytes()).unwrap().aigc.unwrap(), "{\"Label\":1}", "{packet}");
        }
        for packet in
            ["", "TC260:AIGC=\"x\"", uri, "xmlns:=\"http://www.tc260.org.cn/ns/AIGC/1.0/\" :AIGC=\"x\""]
        {
            assert_eq!(read(packet.as_bytes()).unwrap().aigc, None, "{packet}");
        }
    }
}
